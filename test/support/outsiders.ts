/**
 * Runs others' programs on what we make: without network, without this process's environment.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What a program left. */
export interface Said {
  readonly status: number;
  /** Of stdout and stderr. */
  readonly text: string;
}

const OWN_CACHE = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
/** Where scripts/setup-cosign unpacks. */
const PEERS = ["/var/cache/sealpost/peers", join(OWN_CACHE, "sealpost/peers")];

const HAS_NAMESPACES = spawnSync("unshare", ["-rn", "true"]).status === 0;

/**
 * Runs a program in a network namespace that has no network (where this machine grants one), with no proxy set. Throws where
 * it is missing: a test that silently does not run is worth nothing.
 */
export function offline(
  words: readonly string[],
  { cwd, path = "", env = {} }: { readonly cwd: string; readonly path?: string; readonly env?: Record<string, string> },
): Said {
  const [command = "", ...args] = HAS_NAMESPACES ? ["unshare", "-rn", "--", ...words] : words;
  const done = spawnSync(command, args, {
    cwd,
    env: { PATH: `${path}:/usr/bin:/bin`, HOME: join(cwd, ".home"), LC_ALL: "C", ...env },
    encoding: "utf8",
    timeout: 60_000,
  });
  const text = `${done.stdout}${done.stderr}`;
  if (done.error !== undefined || done.status === null || done.status === 126 || done.status === 127)
    throw new Error(`${words[0]} does not run: run scripts/setup. ${text}`, { cause: done.error });
  return { status: done.status, text };
}

export interface Cosign {
  /** The folder to put before PATH. */
  readonly path: string;
  /** Of Debian's package; the program itself answers `devel`. */
  readonly version: string;
}

/** A release of cosign from Debian's packages. Throws where scripts/setup could not unpack it. */
export function cosign(major: 2 | 3): Cosign {
  const path = PEERS.map((folder) => join(folder, `cosign-${major}`)).find((one) => existsSync(join(one, "cosign")));
  if (path === undefined) throw new Error(`cosign ${major} is missing: run scripts/setup`);
  return { path, version: readFileSync(join(path, "version"), "utf8").trim() };
}
