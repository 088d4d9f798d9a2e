/**
 * A page that people follow in a shell, run as it is typed: `sealpost` in this process, all else by bash.
 * @module
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { cli } from "./cli.ts";
import { temporaryFolder } from "./folder.ts";

/** A command of a page, and what the page shows that it answers; a block of `sh` shows nothing. */
export interface Step {
  readonly command: string;
  readonly shown?: string;
}

/** The commands of a page's `sh` and `console` blocks, in order; in a `console` block each begins with `$ `. */
export function stepsOf(page: string): Step[] {
  const blocks = page.matchAll(/^```(console|sh)\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, kind, text = ""]): Step[] => {
    if (kind === "sh") return [{ command: text }];
    const parts = text.split(/^\$ /m).filter((part) => part !== "");
    return parts.map((part) => ({
      command: part.slice(0, part.indexOf("\n")),
      shown: part.slice(part.indexOf("\n") + 1),
    }));
  });
}

/** What differs each time, in words that do not: ids, tokens, hashes, times, ports, the width of columns. */
export function plain(text: string): string {
  return text
    .replaceAll(/\b(ev|dl)_[0-9a-z.]+/g, "$1_")
    .replaceAll(/spk_[0-9A-Za-z_.-]+/g, "spk_")
    .replaceAll(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/g, "TIME")
    .replaceAll(/\b[0-9a-f]{12,}\b/g, "HASH")
    .replaceAll(/\b[0-9]{6}-[0-9a-f]{8}\b/g, "MAIL")
    .replaceAll(/^next: .* serve /gm, "next: sealpost serve ")
    .replaceAll(/ {2,}/g, "  ")
    .trim();
}

/** Whether an answer is what the page shows; a line `...` stands for any lines. */
export function isShown(answer: string, shown: string): boolean {
  const pieces = plain(shown).split(/^\.\.\.$/m);
  let rest = `${plain(answer)}\n`;
  for (const [at, piece] of pieces.entries()) {
    const wanted = piece.replace(/^\n/, "");
    const found = at === 0 ? (rest.startsWith(wanted) ? 0 : -1) : rest.indexOf(wanted);
    if (found < 0) return false;
    rest = rest.slice(found + wanted.length);
  }
  return shown.trimEnd().endsWith("...") || rest.trim() === "";
}

/** A shell in which a page is followed. */
export interface Walk {
  /** Runs a command; answers all that it said, with the ports and ids of the page. */
  readonly run: (command: string) => Promise<string>;
  /** Ends the server that the page has people start. */
  readonly end: () => Promise<void>;
}

/** How a folder of a walk stands: what was seen last of each kind of id, and what blocks of `sh` set. */
interface State {
  readonly dir: string;
  readonly calls: string;
  readonly seen: Map<string, string>;
  set: string;
}

/** Where the page stands in for the folder of a walk. */
const HOME = "/home/me";
/** `sealpost` for bash: it leaves its words, its token and what was piped in. */
const STUB = `sealpost() { printf '%s\\0' "$@" > "$CALLS/words"; printf %s "\${SEALPOST_TOKEN-}" > "$CALLS/token"; cat > "$CALLS/stdin"; }\n`;

/** Begins a walk in this process's folder; `ports` are the page's, and those to use in their place. */
export function startWalk(ports: readonly (readonly [page: string, real: string])[]): Walk {
  const state: State = { dir: process.cwd(), calls: temporaryFolder(), seen: new Map(), set: "" };
  const stop = new AbortController();
  const serving: Promise<unknown>[] = [];
  return {
    run: async (command) => {
      const typed = real(command, { seen: state.seen, ports });
      const said = await bash(state, typed);
      const given = called(state);
      if (given === undefined) return seenIn(state, said, ports);
      if (given.words[0] !== "serve") {
        const { out, err } = await cli(given.words, given);
        return seenIn(state, said + out + err, ports);
      }
      const ready = Promise.withResolvers<string>();
      const done = cli(given.words, { stop: stop.signal, onOut: ready.resolve });
      serving.push(done);
      return seenIn(state, await Promise.race([ready.promise, done.then(({ err }) => err)]), ports);
    },
    end: async () => {
      stop.abort();
      await Promise.all(serving);
    },
  };
}

function real(
  command: string,
  { seen, ports }: { readonly seen: ReadonlyMap<string, string>; readonly ports: Parameters<typeof startWalk>[0] },
): string {
  const named = command.replaceAll(/\b(ev|dl|spk)_[0-9a-z]*\.\.\./g, (text, kind: string) => seen.get(kind) ?? text);
  return ports.reduce((text, [page, port]) => text.replaceAll(new RegExp(`\\b${page}\\b`, "g"), port), named);
}

/** Keeps the ids that were said last (of the first token, once), and puts the page's ports back. */
function seenIn(state: State, said: string, ports: Parameters<typeof startWalk>[0]): string {
  for (const [id = "", kind = ""] of said.matchAll(/\b(ev|dl)_[0-9a-z]{26}\b/g)) state.seen.set(kind, id);
  const [token] = /\bspk_[0-9A-Za-z_-]+/.exec(said) ?? [];
  if (token !== undefined && !state.seen.has("spk")) state.seen.set("spk", token);
  const moved = said.replaceAll(state.dir, HOME);
  return ports.reduce((text, [page, port]) => text.replaceAll(new RegExp(`\\b${port}\\b`, "g"), page), moved);
}

/** Runs a script with all that blocks of `sh` set before; a block that sets something is kept. */
async function bash(state: State, typed: string): Promise<string> {
  const isSetting = /^(export \w+=|\w+\(\) \{)/m.test(typed);
  if (isSetting) state.set += `${typed}\n`;
  const env = { PATH: process.env["PATH"] ?? "", CALLS: state.calls, LC_ALL: "C" };
  const script = isSetting ? state.set : `${state.set}${STUB}${typed}`;
  const child = spawn("bash", ["-c", script], { cwd: state.dir, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (piece: Buffer) => void (said += piece.toString()));
  await new Promise((resolve) => child.on("close", resolve));
  return said;
}

/** The call of `sealpost` that bash left, once. */
function called({ calls }: State): { words: string[]; env: Record<string, string>; stdin: string } | undefined {
  const file = (name: string): string => path.join(calls, name);
  if (!fs.existsSync(file("words"))) return undefined;
  const [words = "", token = "", stdin = ""] = ["words", "token", "stdin"].map((name) =>
    fs.readFileSync(file(name), "utf8"),
  );
  fs.rmSync(file("words"));
  return { words: words.split("\0").slice(0, -1), env: token === "" ? {} : { SEALPOST_TOKEN: token }, stdin };
}
