import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { attachBundles } from "../../src/signing/kit-build.ts";
import { readPublicKey } from "../../src/signing/keys.ts";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { KIT_VECTORS, testPolicy, type TestSigner } from "../support/kit-forge.ts";
import { buildOutsiderKit } from "../support/outsider-kit.ts";
import { cosign, offline, type Said } from "../support/outsiders.ts";

const Verdict = z.object({
  ok: z.boolean(),
  code: z.string(),
  manifest: z.string(),
  reasons: z.array(z.object({ code: z.string() })),
});
type Verdict = z.infer<typeof Verdict>;

let folder = "";
let pair = "";
beforeAll(() => {
  pair = mkdtempSync(join(tmpdir(), "outsider-"));
  mustRun("cosign generate-key-pair --output-key-prefix dora", pair);
});
afterAll(() => rmSync(pair, { recursive: true }));
beforeEach(() => {
  folder = temporaryFolder();
  for (const name of ["dora.key", "dora.pub"]) copyFileSync(join(pair, name), inFolder(name));
});
const inFolder = (name: string): string => join(folder, name);

/** Runs cosign 3.1, without network; its keys have an empty passphrase. */
function run(line: string, cwd = folder): Said {
  return offline(["sh", "-c", line], { cwd, path: cosign(3).path, env: { COSIGN_PASSWORD: "" } });
}

function mustRun(line: string, cwd?: string): void {
  expect(run(line, cwd)).toMatchObject({ status: 0 });
}

async function must(...words: string[]): Promise<string> {
  const { code, out, err } = await cli(words);
  expect([code, code === 0 ? "" : err]).toEqual([0, ""]);
  return out;
}

/** Gives cosign a P-256 key of ours. */
function importKey(name: "carol"): void {
  writeFileSync(inFolder(`${name}.pem`), readFileSync(join(KIT_VECTORS, "keys/test-only-carol-Qv8SleUp.pem")));
  mustRun(`cosign import-key-pair --key ${name}.pem --output-key-prefix ${name} --yes`);
}

/** Signs the kit's statement by the command that `kit statement` prints; answers the bundle's file. */
async function signByCosign(kit: string, key: string): Promise<string> {
  const { err } = await cli(["kit", "statement", inFolder(kit), "--out", inFolder(`${kit}.${key}.statement`)]);
  const printed = /cosign attest-blob[^]*?--yes/.exec(err)?.[0] ?? "";
  mustRun(
    printed
      .replace("statement.json", `${kit}.${key}.statement`)
      .replace("--key KEY", `--key ${key}.key`)
      .replace("bundle.json", `${kit}.${key}.bundle`),
  );
  return inFolder(`${kit}.${key}.bundle`);
}

/** The upstream policy of the tests, in which also the keys made by cosign sign `hq/base`, 2 of them, by distinct owners. */
function writePolicy(owners: Readonly<Record<string, string>>): void {
  const added = Object.entries(owners).map(([name, owner]) => ({
    owner,
    key: readPublicKey(readFileSync(inFolder(`${name}.pub`), "utf8")),
  }));
  const policy = testPolicy(({ keys, roles }) => {
    const base = roles["base"] ?? { keys: [], threshold: 2, distinctOwners: true };
    const rows = added.map(({ owner, key }) => [
      key.keyId,
      {
        alg: key.algorithm,
        spki: Buffer.from(key.spki).toString("base64"),
        owner,
        notBefore: "2026-01-01T00:00:00Z",
        notAfter: null,
      },
    ]);
    const ids = [...new Set([...base.keys, ...added.map(({ key }) => key.keyId)])];
    return {
      keys: { ...keys, ...Object.fromEntries(rows) },
      roles: { ...roles, base: { ...base, keys: ids.toSorted() } },
    };
  });
  writeFileSync(inFolder("policy.json"), canonicalJson(policy));
}

async function verify(kit: string): Promise<Verdict> {
  const site = ["--policy", inFolder("policy.json"), "--site", "ship-07", "--at", "2026-11-20T12:00:00Z"];
  return Verdict.parse(JSON.parse((await cli(["kit", "verify", inFolder(kit), ...site, "--json"])).out));
}

const build = (kit: string, signers: readonly TestSigner[], sequence = 1): Promise<unknown> =>
  buildOutsiderKit(inFolder(kit), { signers, sequence });

const attach = (kit: string, bundle: string, ...rest: string[]): Promise<string> =>
  must("kit", "attach", inFolder(kit), bundle, ...rest);

/** The quorum is not met, for these reasons. */
const refused = (...reasons: string[]): object => ({
  ok: false,
  code: "SIG_THRESHOLD",
  reasons: reasons.map((code) => ({ code })),
});

describe("a kit signed by cosign 3.1", () => {
  test("counts, with one of ours, towards 2 of 2 by distinct owners; its id stays", async () => {
    writePolicy({ dora: "dora" });
    await build("kit.tar", ["bob"]);
    const before = await verify("kit.tar");
    expect(before).toMatchObject({ ok: false, code: "SIG_THRESHOLD" });
    await attach("kit.tar", await signByCosign("kit.tar", "dora"), "--pub", inFolder("dora.pub"));
    expect(await verify("kit.tar")).toEqual({ ok: true, code: "OK", manifest: before.manifest, reasons: [] });
    expect(existsSync(inFolder(".home/.sigstore"))).toBe(false);
  });

  test("needs nobody of us: two keys of cosign are 2 of 2", async () => {
    importKey("carol");
    writePolicy({ dora: "dora" });
    await build("kit.tar", []);
    await attach("kit.tar", await signByCosign("kit.tar", "dora"));
    expect(await verify("kit.tar")).toMatchObject({ ok: false, code: "SIG_THRESHOLD" });
    await attach("kit.tar", await signByCosign("kit.tar", "carol"));
    expect(await verify("kit.tar")).toMatchObject({ ok: true });
  });

  test("counts also where a signing configuration without a log takes the place of the flags that will go", async () => {
    writePolicy({ dora: "dora" });
    await build("kit.tar", ["bob"]);
    await must("kit", "statement", inFolder("kit.tar"), "--out", inFolder("statement.json"));
    const kind = "application/vnd.dev.sigstore";
    writeFileSync(inFolder("no-log.json"), `{"mediaType":"${kind}.signingconfig.v0.2+json"}`);
    writeFileSync(inFolder("no-root.json"), `{"mediaType":"${kind}.trustedroot+json;version=0.1"}`);
    const flags = "--signing-config no-log.json --trusted-root no-root.json --yes";
    expect(run(`cosign attest-blob --statement statement.json --key dora.key --bundle b.json ${flags}`)).toEqual({
      status: 0,
      text: "Using statement from: statement.json\nSigning artifact...\nWrote bundle to file b.json\n",
    });
    await attach("kit.tar", inFolder("b.json"), "--pub", inFolder("dora.pub"));
    expect(await verify("kit.tar")).toMatchObject({ ok: true });
  });

  test("counts also where the statement that it signed is not canonical but says the same", async () => {
    writePolicy({ dora: "dora" });
    await build("kit.tar", ["bob"]);
    const statement = await must("kit", "statement", inFolder("kit.tar"));
    writeFileSync(inFolder("pretty.json"), JSON.stringify(JSON.parse(statement), null, 2));
    mustRun(
      "cosign attest-blob --statement pretty.json --key dora.key --bundle b.json --use-signing-config=false --tlog-upload=false --yes",
    );
    await attach("kit.tar", inFolder("b.json"), "--pub", inFolder("dora.pub"));
    expect(await verify("kit.tar")).toMatchObject({ ok: true });
  });

  test("is checked by cosign itself as any other", async () => {
    await build("kit.tar", ["bob"]);
    await attach("kit.tar", await signByCosign("kit.tar", "dora"));
    const check = "cosign verify-blob-attestation --insecure-ignore-tlog --bundle ../kit.tar.dora.bundle";
    mustRun(
      `mkdir kit && tar -xf kit.tar -C kit && cd kit && ${check} --key ../dora.pub --type urn:sealpost:kit:v1 SHA256SUMS`,
    );
  });
});

describe("a signature by cosign 3.1 does not count", () => {
  test("by a key that the policy does not have", async () => {
    writePolicy({});
    await build("kit.tar", ["bob"]);
    await attach("kit.tar", await signByCosign("kit.tar", "dora"));
    expect(await verify("kit.tar")).toMatchObject(refused("SIG_UNKNOWN_KEY"));
  });

  test("by a second key of an owner who has signed", async () => {
    writePolicy({ dora: "bob" });
    await build("kit.tar", ["bob"]);
    await attach("kit.tar", await signByCosign("kit.tar", "dora"));
    expect(await verify("kit.tar")).toMatchObject({ ok: false, code: "SIG_THRESHOLD" });
  });

  test("by a key that has signed by our own hand", async () => {
    importKey("carol");
    writePolicy({});
    await build("kit.tar", ["carol"]);
    await attach("kit.tar", await signByCosign("kit.tar", "carol"));
    expect(await verify("kit.tar")).toMatchObject(refused("SIG_DUPLICATE"));
  });

  test("over another kit: `kit attach` refuses it, and forced in it changes nothing", async () => {
    writePolicy({ dora: "dora" });
    await build("kit.tar", ["bob"]);
    await build("other.tar", ["bob"], 2);
    const bundle = await signByCosign("other.tar", "dora");
    const { code, err } = await cli(["kit", "attach", inFolder("kit.tar"), bundle, "--json"]);
    expect([code, err]).toEqual([3, expect.stringContaining("SIG_OTHER_KIT")]);
    const forced = { name: "attestations/forced.sigstore.json", bytes: readFileSync(bundle) };
    await attachBundles({ file: inFolder("kit.tar"), out: inFolder("kit.tar") }, [forced]);
    expect(await verify("kit.tar")).toMatchObject(refused("SIG_OTHER_KIT"));
  });

  test("with one bit of it changed", async () => {
    writePolicy({ dora: "dora" });
    await build("kit.tar", ["bob"]);
    const bundle = await signByCosign("kit.tar", "dora");
    const text = readFileSync(bundle, "utf8").replace(/"sig":"([^"]+)"/, (_, base64: string) => {
      const bytes = Buffer.from(base64, "base64");
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      return `"sig":"${bytes.toString("base64")}"`;
    });
    expect(text).not.toBe(readFileSync(bundle, "utf8"));
    writeFileSync(bundle, text);
    const { code, err } = await cli([
      "kit",
      "attach",
      inFolder("kit.tar"),
      bundle,
      "--pub",
      inFolder("dora.pub"),
      "--json",
    ]);
    expect([code, err]).toEqual([3, expect.stringContaining("SIG_INVALID")]);
    await attach("kit.tar", bundle);
    expect(await verify("kit.tar")).toMatchObject(refused("SIG_INVALID"));
  });

  test("by an Ed25519 key: it signs in a form of its own, which it does not accept itself", async () => {
    writeFileSync(inFolder("alice.pem"), readFileSync(join(KIT_VECTORS, "keys/test-only-alice-3lBtrtKJ.pem")));
    mustRun("cosign import-key-pair --key alice.pem --output-key-prefix alice --yes");
    await build("kit.tar", ["bob"]);
    const bundle = await signByCosign("kit.tar", "alice");
    const check = "cosign verify-blob-attestation --insecure-ignore-tlog --type urn:sealpost:kit:v1 --key alice.pub";
    expect(run(`tar -xf kit.tar && ${check} --bundle kit.tar.alice.bundle SHA256SUMS`)).toMatchObject({ status: 1 });
    const { code, err } = await cli([
      "kit",
      "attach",
      inFolder("kit.tar"),
      bundle,
      "--pub",
      inFolder("alice.pub"),
      "--json",
    ]);
    expect([code, err]).toEqual([3, expect.stringContaining("SIG_INVALID")]);
  });
});

test("cosign 2.5 cannot sign a given statement", async () => {
  const said = offline(["cosign", "attest-blob", "--statement", "statement.json", "--key", "a.key"], {
    cwd: folder,
    path: cosign(2).path,
  });
  expect(said).toEqual({ status: 1, text: expect.stringContaining("unknown flag: --statement") });
});
