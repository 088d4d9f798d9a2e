import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parsePolicy, policyBytes, policyFingerprint, type TrustPolicy } from "../../src/core/trust.ts";
import { fingerprintWords } from "../../src/core/pgp-words.ts";
import { privateKeyPem, publicKeyPem } from "../../src/signing/keys.ts";
import { cli, type Done } from "../support/cli.ts";
import { makeCliSite } from "../support/cli-site.ts";
import { temporaryFolder } from "../support/folder.ts";
import { testKey, testPolicy, type TestSigner } from "../support/kit-forge.ts";

const MADE = ["--created-at", "2026-11-01T00:00:00Z"];
const LATER = ["--created-at", "2026-11-10T00:00:00Z"];
const NAMES = ["alice", "bob", "bob2", "carol", "root1", "root2", "root3"] as const;
const id = (name: TestSigner): string => testKey(name).keyId;

const OTHER_WORDS = fingerprintWords(policyFingerprint(policyBytes(testPolicy())));

const Document = z.looseObject({
  file: z.string(),
  version: z.number(),
  fingerprint: z.string(),
  words: z.array(z.string()).optional(),
  changes: z.array(z.looseObject({ what: z.string() })).optional(),
  signatures: z.looseObject({ complete: z.boolean(), roots: z.array(z.looseObject({ have: z.number() })) }).optional(),
});
const documentOf = (done: Done): z.infer<typeof Document> => Document.parse(JSON.parse(done.out));

/** A desk with key files and commands that run on it. */
class Desk {
  readonly dir = temporaryFolder();
  constructor() {
    for (const name of NAMES) {
      fs.writeFileSync(this.at(`${name}.pem`), privateKeyPem(testKey(name)), { mode: 0o600 });
      fs.writeFileSync(this.at(`${name}.pub.pem`), publicKeyPem(testKey(name)));
    }
  }
  at(name: string): string {
    return path.join(this.dir, name);
  }
  /** Runs `trust ...`; `@name` is a file of the desk. */
  trust(...words: readonly string[]): Promise<Done> {
    return cli(["trust", ...words.map((word) => word.replaceAll("@", `${this.dir}/`))]);
  }
  policy(version: number): TrustPolicy {
    return parsePolicy(fs.readFileSync(this.at(`policy.${version}.json`)));
  }
  /** Version 1: three roots, alice and bob sign `hq/*`. */
  async init(...more: readonly string[]): Promise<Done> {
    const roots = ["root1", "root2", "root3"].flatMap((name) => ["--root", `${name}=@${name}.pub.pem`]);
    const signers = ["alice", "bob"].flatMap((name) => ["--signer", `${name}=@${name}.pub.pem`]);
    return this.trust("init", "--hub", "hq", ...roots, ...signers, ...MADE, "--out", "@policy.1.json", ...more);
  }
  /** Version 2: root3 is revoked and gone, the floor of hq/rules rises. */
  async propose(...more: readonly string[]): Promise<Done> {
    const edit = [
      "--revoke-key",
      "root3",
      "--reason",
      "laptop stolen",
      "--role",
      "root=root1,root2",
      "--floor",
      "hq/rules=0.12",
    ];
    return this.trust("propose", "@policy.1.json", ...edit, ...LATER, ...more);
  }
  async signed(): Promise<void> {
    await this.init();
    await this.propose();
    for (const name of ["root1", "root2"]) await this.trust("sign", "@policy.2.json", "--key", `@${name}.pem`);
  }
}

describe("trust init", () => {
  test("makes a first policy: roots, signers of all streams of the hub, 2 distinct owners each", async () => {
    const desk = new Desk();
    const done = await desk.init();
    expect(done, done.err).toMatchObject({ code: 0, err: "" });
    const policy = desk.policy(1);
    const two = { threshold: 2, distinctOwners: true };
    expect(policy.roles).toEqual({
      root: { keys: [id("root1"), id("root2"), id("root3")].toSorted(), ...two },
      signers: { keys: [id("alice"), id("bob")].toSorted(), ...two },
    });
    const kinds = [
      "approvals",
      "calendars",
      "channels",
      "connectors",
      "policies",
      "rules",
      "schedules",
      "templates",
      "witness",
    ];
    expect(policy.delegations).toEqual([{ stream: "hq/*", role: "signers", kinds, tenants: ["*"] }]);
    expect(policy).toMatchObject({ version: 1, createdAt: "2026-11-01T00:00:00Z", expiresAt: "2028-10-31T00:00:00Z" });
    const fingerprint = policyFingerprint(policyBytes(policy));
    expect(done.out).toContain(`fingerprint  ${fingerprint}\n`);
    expect(done.out).toContain(fingerprintWords(fingerprint).slice(0, 8).join(" "));
    expect(done.out).toMatch(/role root +2 of 3 owners: /);
    expect(done.out).not.toContain("note:");
    expect(done.out).toContain("trust add policy.1.json --fingerprint SHA256:... --data DIR");
  });

  test("warns of what is seldom meant: no stream to sign, keys and roles that sign nothing", async () => {
    const desk = new Desk();
    const bare = await desk.trust("init", "--root", "a=@root1.pub.pem", "--out", "@bare.json", "--json");
    const none = "no row says who signs a stream, so sites would refuse all kits but trust kits";
    expect(JSON.parse(bare.out)).toMatchObject({ warnings: [expect.stringContaining(none)] });
    const done = await desk.init("--key", "carol=@carol.pub.pem", "--role", "signer=alice");
    expect(done, done.err).toMatchObject({ code: 0, err: "" });
    expect(done.out).toContain("\nWARNING: no row names the role signer, so it signs nothing; rows name signers\n");
    expect(done.out).toContain("\nWARNING: no role names the key Qv8SleUp of carol, so it signs nothing\n");
    expect((await new Desk().init()).out).not.toContain("WARNING");
  });

  test("warns where one lost key would end it", async () => {
    const desk = new Desk();
    const two = await desk.trust(
      "init",
      "--root",
      "a=@root1.pub.pem",
      "--root",
      "b=@root2.pub.pem",
      "--out",
      "@policy.1.json",
    );
    expect(two.out).toContain("note: once one root cannot sign any more, nobody can change this policy");
  });

  test("takes roles, rows, ends and limits as they are written", async () => {
    const desk = new Desk();
    const keys = ["--key", "alice=@alice.pub.pem", "--key", "bob=@bob.pub.pem", "--key", "bob=@bob2.pub.pem"];
    const roles = ["--role", "rules=alice", "--role", `base=alice,fXQ1DhBY,${id("bob2")}:2:keys`];
    const rows = [
      "--delegate",
      "hq/rules=rules:kinds=rules,templates:tenants=acme,beta",
      "--delegate",
      "hq/base=base:tenants=acme",
    ];
    const limits = ["--max-jump", "10", "--max-skew", "0", "--on-expired", "needs-override", "--floor", "hq/rules=1.0"];
    const ends = ["--expires", "2028-12-31", "--keys-expire", "2029-01-01T12:00:00Z"];
    const done = await desk.trust(
      "init",
      "--root",
      "root1=@root1.pub.pem",
      ...keys,
      ...roles,
      ...rows,
      ...limits,
      ...ends,
      ...MADE,
      "--out",
      "@policy.1.json",
      "--json",
    );
    expect(done, done.err).toMatchObject({ code: 0 });
    const policy = desk.policy(1);
    expect(documentOf(done)).toMatchObject({
      version: 1,
      fingerprint: policyFingerprint(policyBytes(policy)),
      words: expect.any(Array),
    });
    expect(policy.roles["base"]).toEqual({
      keys: [id("alice"), id("bob"), id("bob2")].toSorted(),
      threshold: 2,
      distinctOwners: false,
    });
    expect(policy.roles["rules"]).toEqual({ keys: [id("alice")], threshold: 1, distinctOwners: true });
    expect(policy.delegations[0]).toEqual({
      stream: "hq/rules",
      role: "rules",
      kinds: ["rules", "templates"],
      tenants: ["acme", "beta"],
    });
    expect(policy.delegations[1]).toMatchObject({
      stream: "hq/base",
      kinds: expect.arrayContaining(["rules", "witness"]),
      tenants: ["acme"],
    });
    expect(policy).toMatchObject({
      expiresAt: "2028-12-31T23:59:59Z",
      maxSequenceJump: 10,
      maxClockSkewSeconds: 0,
      onExpired: "needs-override",
    });
    expect(policy.floors).toEqual({ "hq/rules": { epoch: 1, sequence: 0 } });
    expect(policy.keys[id("alice")]?.notAfter).toBe("2029-01-01T12:00:00Z");
  });

  test("lets one key stand in two roles", async () => {
    const desk = new Desk();
    const done = await desk.trust(
      "init",
      "--hub",
      "hq",
      "--root",
      "alice=@alice.pub.pem",
      "--signer",
      "alice=@alice.pub.pem",
      "--out",
      "@policy.1.json",
      "--expires",
      "never",
    );
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(desk.policy(1)).toMatchObject({
      expiresAt: null,
      roles: { root: { threshold: 1 }, signers: { threshold: 1 } },
    });
  });

  test.each<[words: string[], says: string]>([
    [[], "who may change the policy later? Give --root OWNER=FILE"],
    [["--root", "root1"], "--root root1: it is written OWNER=FILE"],
    [["--root", "root1=@nothing.pub.pem"], "there is no"],
    [
      ["--root", "root1=@root1.pub.pem", "--signer", "alice=@alice.pub.pem"],
      "which streams do the signers sign? Give --hub ID",
    ],
    [["--root", "root1=@root1.pub.pem", "--hub", "HQ"], "--hub HQ: an id is"],
    [
      ["--root", "root1=@root1.pub.pem", "--hub", "hq"],
      "who signs the kits of hq? Give --signer OWNER=FILE, best several",
    ],
    [["--root", "root1=@root1.pub.pem", "--role", "root=root1"], "the role root is given twice"],
    [["--root", "root1=@root1.pub.pem", "--role", "rules"], "--role rules: it is written ROLE=WHO,WHO:N"],
    [["--root", "root1=@root1.pub.pem", "--role", "rules=a,,b"], "it is written ROLE=WHO,WHO:N"],
    [["--root", "root1=@root1.pub.pem", "--role", "rules=a:two"], "it is written ROLE=WHO,WHO:N"],
    [["--root", "root1=@root1.pub.pem", "--role", "rules=a:2:key"], "it is written ROLE=WHO,WHO:N"],
    [["--root", "root1=@root1.pub.pem", "--role", "x=root1", "--role", "x=root1"], "--role names x twice"],
    [
      ["--root", "root1=@root1.pub.pem", "--role", "rules=zoe"],
      'roles/rules: "zoe" is neither an owner nor a key here',
    ],
    [
      ["--root", "root1=@root1.pub.pem", "--root-threshold", "2"],
      "roles/root: it asks for 2 distinct owners, and only 1 can sign",
    ],
    [["--root", "root1=@root1.pub.pem", "--root", "root2=@root1.pub.pem"], "is known already"],
    [["--root", "root1=@root1.pub.pem", "--delegate", "hq/rules"], "--delegate hq/rules: it is written STREAM=ROLE"],
    [["--root", "root1=@root1.pub.pem", "--delegate", "hq/rules=root:kind=rules"], "it is written STREAM=ROLE"],
    [
      ["--root", "root1=@root1.pub.pem", "--delegate", "hq/rules=root:kinds=rules:kinds=rules"],
      "it is written STREAM=ROLE",
    ],
    [
      ["--root", "root1=@root1.pub.pem", "--delegate", "hq/rules=root:kinds=rule"],
      "--delegate: there is no kind rule; kinds: approvals,",
    ],
    [
      ["--root", "root1=@root1.pub.pem", "--delegate", "hq/rules=rules"],
      'hq/rules is delegated to the unknown role "rules"',
    ],
    [
      ["--root", "root1=@root1.pub.pem", "--floor", "hq/rules=12"],
      "--floor hq/rules=12: it is written STREAM=EPOCH.SEQUENCE",
    ],
    [["--root", "root1=@root1.pub.pem", "--expires", "soon"], "--expires soon: it is written 2028-12-31"],
    [
      ["--root", "root1=@root1.pub.pem", "--created-at", "2026-02-30T00:00:00Z"],
      "--created-at 2026-02-30T00:00:00Z: it is written YYYY",
    ],
    [["--root", "root1=@root1.pub.pem", "--max-skew", "1h"], "--max-skew 1h: it is written as a whole number"],
  ])("says what is wrong with %j", async (words, says) => {
    const desk = new Desk();
    const done = await desk.trust("init", ...words, "--out", "@policy.1.json");
    expect(done.err).toContain(says);
    expect(done.code).toBe(says === "there is no" ? 4 : 2);
    expect(fs.existsSync(desk.at("policy.1.json"))).toBe(false);
  });

  test.each([
    ["nodir", "there is no folder "],
    ["root1.pem", "root1.pem is no folder"],
  ])("names the folder that is not there: %s", async (folder, says) => {
    const desk = new Desk();
    const done = await desk.trust("init", "--root", "root1=@root1.pub.pem", "--out", `@${folder}/policy.1.json`);
    expect(done).toMatchObject({ code: 4, out: "", err: expect.stringContaining(says) });
    expect(done.err).not.toContain("policy.1.json");
  });

  test("never writes over a file", async () => {
    const desk = new Desk();
    await desk.init();
    expect(await desk.init()).toMatchObject({ code: 4, out: "", err: expect.stringContaining("is there already") });
  });
});

describe("trust propose", () => {
  test("writes the next version beside the policy, and tells what changes and who must sign", async () => {
    const desk = new Desk();
    await desk.init();
    const done = await desk.propose();
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(desk.policy(2)).toMatchObject({
      version: 2,
      createdAt: "2026-11-10T00:00:00Z",
      revoked: { [id("root3")]: { at: "2026-11-10T00:00:00Z", reason: "laptop stolen", keepBefore: false } },
      floors: { "hq/rules": { epoch: 0, sequence: 12 } },
    });
    expect(done.out).toContain("policy.2.json: version 2 would change\n");
    expect(done.out).toMatch(
      / {2}~ role root: 2 of 2 owners: root[12] \(.{8}\), root[12] \(.{8}\)\n {6}before: 2 of 3 owners: /,
    );
    expect(done.out).toContain("  + floor hq/rules: 0.12 and later\n");
    expect(done.out).toContain("needs signatures of 2 of 3 owners among the roots of version 1\n");
    expect(done.out).toContain("needs signatures of 2 of 2 owners among the roots of version 2\n");
  });

  test("edits keys, roles, rows and limits", async () => {
    const desk = new Desk();
    await desk.init();
    const keys = [
      "--add-key",
      "carol=@carol.pub.pem",
      "--keys-expire",
      "365d",
      "--remove-key",
      "root3",
      "--key-expires",
      "alice=2027-06-30",
      "--key-expires",
      "bob=never",
    ];
    const roles = [
      "--role",
      "rules=carol",
      "--delegate",
      "hq/rules=rules:kinds=rules",
      "--before",
      "hq/*",
      "--delegate",
      "hq/*=signers:tenants=acme",
    ];
    const rest = ["--expires", "never", "--max-jump", "7", "--json", "--out", "@next.json"];
    const done = await desk.trust("propose", "@policy.1.json", ...keys, ...roles, ...rest, ...LATER);
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(documentOf(done).changes?.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        `key ${id("carol")}`,
        `key ${id("root3")}`,
        "role rules",
        "stream hq/rules",
        "stream hq/*",
        "expires",
        "largest step",
      ]),
    );
    const next = parsePolicy(fs.readFileSync(desk.at("next.json")));
    expect(next.delegations.map(({ stream, tenants }) => [stream, tenants])).toEqual([
      ["hq/rules", ["*"]],
      ["hq/*", ["acme"]],
    ]);
    expect(next.keys[id("carol")]).toMatchObject({
      owner: "carol",
      notBefore: "2026-11-10T00:00:00Z",
      notAfter: "2027-11-10T00:00:00Z",
    });
    expect(next.keys[id("alice")]?.notAfter).toBe("2027-06-30T23:59:59Z");
    const back = await desk.trust(
      "propose",
      "@next.json",
      "--remove-delegate",
      "hq/rules",
      "--remove-role",
      "rules",
      "--out",
      "@3.json",
      "--created-at",
      "2026-11-11T00:00:00Z",
    );
    expect(back, back.err).toMatchObject({ code: 0 });
    expect(back.out).toContain("  - role rules: 1 of 1 owner: carol (Qv8SleUp)\n");
  });

  test("says of a new role and a new key that they sign nothing yet", async () => {
    const desk = new Desk();
    await desk.init();
    const words = ["--add-key", "carol=@carol.pub.pem", "--role", "signer=alice,bob"];
    const done = await desk.trust("propose", "@policy.1.json", ...words, ...LATER, "--json");
    expect(JSON.parse(done.out)).toMatchObject({
      warnings: [
        "no row names the role signer, so it signs nothing; rows name signers",
        "no role names the key Qv8SleUp of carol, so it signs nothing",
      ],
    });
  });

  test("revokes from an instant on, where what was signed before stays good", async () => {
    const desk = new Desk();
    await desk.init("--key", "carol=@carol.pub.pem");
    const words = [
      "--revoke-key",
      "carol",
      "--reason",
      "left",
      "--revoked-at",
      "2026-11-05T00:00:00Z",
      "--keep-before",
    ];
    const done = await desk.trust("propose", "@policy.1.json", ...words, ...LATER);
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(done.out).toMatch(
      /\nWARNING: what Qv8SleUp of carol dates before 2026-11-05T00:00:00Z goes on counting, .*left in peace/,
    );
    expect(desk.policy(2).revoked[id("carol")]).toEqual({
      at: "2026-11-05T00:00:00Z",
      reason: "left",
      keepBefore: true,
    });
  });

  test.each<[words: string[], says: string]>([
    [[], "policy: nothing would change"],
    [
      ["--created-at", "2026-10-01T00:00:00Z", "--max-jump", "2"],
      "createdAt: 2026-10-01T00:00:00Z is before version 1 was made",
    ],
    [["--floor", "hq/rules=0.0"], "a floor only rises"],
    [
      ["--remove-key", "root1", "--remove-key", "root2"],
      "roles/root: it asks for 2 distinct owners, and only 1 can sign",
    ],
    [["--revoke-key", "root3"], "--revoke-key needs --reason TEXT"],
    [["--reason", "x"], "go with --revoke-key WHO"],
    [
      ["--revoke-key", "bob", "--reason", "left", "--keep-before", "--role", "signers=alice"],
      "what fXQ1DhBY of bob signed before can stay good only while the key is in the role signers",
    ],
    [["--before", "hq/*"], "--before goes with a new row"],
    [["--delegate", "hq/rules=signers"], "put hq/rules before hq/*"],
    [["--delegate", "hq/rules=signers", "--before", "hq/x"], "delegations: there is no row hq/x; there are hq/*"],
    [["--key-expires", "alice"], "--key-expires alice: it is written WHO=WHEN"],
    [["--remove-role", "root"], "roles/root: every policy has roots"],
  ])("says what is wrong with %j", async (words, says) => {
    const desk = new Desk();
    await desk.init("--floor", "hq/rules=0.1");
    const done = await desk.trust(
      "propose",
      "@policy.1.json",
      ...(words.includes("--created-at") ? [] : LATER),
      ...words,
    );
    expect(done.err).toContain(says);
    expect(done).toMatchObject({ code: 2, out: "" });
    expect(fs.existsSync(desk.at("policy.2.json"))).toBe(false);
  });

  test("of a file that is no policy is a refusal, of none not found", async () => {
    const desk = new Desk();
    fs.writeFileSync(desk.at("policy.1.json"), "{}");
    expect(await desk.trust("propose", "@policy.1.json", "--json")).toMatchObject({
      code: 3,
      err: expect.stringContaining("TRUST_POLICY"),
    });
    expect((await desk.trust("show", "@policy.1.json")).err).toContain(`(${desk.at("policy.1.json")}: `);
    expect(await desk.trust("propose", "@policy.7.json")).toMatchObject({ code: 4 });
  });
});

describe("trust sign", () => {
  test("shows what is signed, puts the signature beside the policy, and says who is missing", async () => {
    const desk = new Desk();
    await desk.init();
    await desk.propose();
    const first = await desk.trust("sign", "@policy.2.json", "--key", "@root1.pem");
    expect(first, first.err).toMatchObject({ code: 0 });
    expect(first.out).toContain("version 2 changes in version 1\n");
    expect(first.out).toContain('"laptop stolen": nothing that it signed counts');
    expect(first.out).toContain(
      fingerprintWords(policyFingerprint(policyBytes(desk.policy(2))))
        .slice(-8)
        .join(" "),
    );
    expect(first.out).toContain("  signed by root1 (Nu7woAEp)\n");
    expect(first.out).toContain("roots of version 1: 1 of 2 owners have signed; 1 more of: ");
    expect(first.out).toContain("roots of version 2: 1 of 2 owners have signed; 1 more of: root2 (gJ0o6Ypx)\n");
    const second = await desk.trust("sign", "@policy.2.json", "--key", "@root2.pem");
    expect(second.out).toContain("roots of version 2: 2 of 2 owners have signed, enough\n");
    expect(second.out).toContain("trust pack ");
    expect(fs.readdirSync(desk.at("policy.2.sig"))).toHaveLength(2);
  });

  test("as a document", async () => {
    const desk = new Desk();
    await desk.init();
    await desk.propose();
    const done = await desk.trust(
      "sign",
      "@policy.2.json",
      "--key",
      "@root1.pem",
      "--from",
      "@policy.1.json",
      "--json",
    );
    expect(documentOf(done)).toMatchObject({
      version: 2,
      bundle: expect.stringMatching(/policy\.2\.sig\/SHA256-.*\.sigstore\.json$/),
      changes: expect.arrayContaining([{ what: "floor hq/rules", after: "0.12 and later" }]),
      signatures: {
        complete: false,
        roots: [
          { version: 1, have: 1 },
          { version: 2, have: 1, missing: [{ owner: "root2", keyId: id("root2") }] },
        ],
      },
    });
  });

  test("by a key under a passphrase", async () => {
    const desk = new Desk();
    await desk.init();
    fs.writeFileSync(desk.at("locked.pem"), privateKeyPem(testKey("root1"), "sesame"), { mode: 0o600 });
    fs.writeFileSync(desk.at("pass.txt"), "sesame\n", { mode: 0o600 });
    expect((await desk.trust("sign", "@policy.1.json", "--key", "@locked.pem")).code).toBe(2);
    const done = await desk.trust("sign", "@policy.1.json", "--key", "@locked.pem", "--passphrase-file", "@pass.txt");
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(done.out).toContain("version 1 is trusted by its fingerprint: sites do not ask for signatures");
    expect(done.out + done.err).not.toContain("sesame");
  });

  test.each<[name: string, words: string[], code: number, says: string]>([
    ["by nobody's root", ["@policy.2.json", "--key", "@alice.pem"], 3, 'would not count for "policy.2.json"'],
    ["blindly", ["@alone/policy.2.json", "--key", "@root1.pem"], 2, "what does version 2 change? Give --from FILE"],
    [
      "after another version",
      ["@policy.2.json", "--key", "@root1.pem", "--from", "@policy.2.json"],
      3,
      "version 2 after 2",
    ],
    ["without a key", ["@policy.2.json"], 2, "--key"],
  ])("%s is refused", async (_name, words, code, says) => {
    const desk = new Desk();
    await desk.init();
    await desk.propose();
    fs.mkdirSync(desk.at("alone"));
    fs.copyFileSync(desk.at("policy.2.json"), desk.at("alone/policy.2.json"));
    const done = await desk.trust("sign", ...words);
    expect(done.err).toContain(says);
    expect(done).toMatchObject({ code, out: "" });
    expect(fs.existsSync(desk.at("policy.2.sig"))).toBe(false);
  });
});

describe("a root whose key is elsewhere", () => {
  test("signs the statement with openssl, and the signature is attached", async () => {
    const desk = new Desk();
    await desk.init();
    await desk.propose();
    const told = await desk.trust("statement", "@policy.2.json", "--pae", "--out", "@statement.pae");
    expect(told, told.err).toMatchObject({ code: 0, out: "" });
    expect(told.err).toContain("cosign attest-blob --statement");
    execFileSync("openssl", [
      "dgst",
      "-sha256",
      "-sign",
      desk.at("root2.pem"),
      "-out",
      desk.at("signature.bin"),
      desk.at("statement.pae"),
    ]);
    const done = await desk.trust(
      "attach",
      "@policy.2.json",
      "--signature",
      "@signature.bin",
      "--pub",
      "@root2.pub.pem",
    );
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(done.out).toContain("signed by root2 (gJ0o6Ypx)");
  });

  test("who signed other bytes with openssl is told which they are", async () => {
    const desk = new Desk();
    await desk.init();
    await desk.propose();
    await desk.trust("statement", "@policy.2.json", "--out", "@statement.json");
    const files = ["-out", desk.at("signature.bin"), desk.at("statement.json")];
    execFileSync("openssl", ["dgst", "-sha256", "-sign", desk.at("root2.pem"), ...files]);
    const words = ["--signature", "@signature.bin", "--pub", "@root2.pub.pem"];
    expect(await desk.trust("attach", "@policy.2.json", ...words)).toMatchObject({
      code: 3,
      err: expect.stringContaining("openssl signs the bytes of `trust statement --pae`, cosign those without --pae"),
    });
  });

  test("brings a bundle back", async () => {
    const desk = new Desk();
    await desk.init();
    await desk.propose();
    await desk.trust("sign", "@policy.2.json", "--key", "@root1.pem");
    const folder = desk.at("policy.2.sig");
    const [name = ""] = fs.readdirSync(folder);
    fs.renameSync(path.join(folder, name), desk.at("bundle.json"));
    expect(await desk.trust("attach", "@policy.2.json", "@bundle.json")).toMatchObject({ code: 0 });
    expect(fs.readdirSync(folder)).toEqual([name]);
  });

  test("sees the statement, and nothing else, on stdout", async () => {
    const desk = new Desk();
    await desk.init();
    const plain = await desk.trust("statement", "@policy.1.json");
    expect(JSON.parse(plain.out)).toMatchObject({
      predicateType: "urn:sealpost:trust-policy:v1",
      predicate: { version: 1 },
    });
    const json = await desk.trust("statement", "@policy.1.json", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ version: 1, text: plain.out, bytes: plain.out.length });
  });

  test.each<[words: string[], code: number, says: string]>([
    [[], 2, "what is to be attached?"],
    [["@root1.pem", "--signature", "@root1.pem"], 2, "what is to be attached?"],
    [["--signature", "@root1.pem"], 2, "what is to be attached?"],
    [["@none.json"], 4, "there is no"],
    [["@root1.pub.pem"], 3, "would not count"],
    [["--signature", "@root1.pub.pem", "--pub", "@root1.pub.pem"], 3, "would not count"],
  ])("cannot attach %j", async (words, code, says) => {
    const desk = new Desk();
    await desk.init();
    await desk.propose();
    const done = await desk.trust("attach", "@policy.2.json", ...words);
    expect(done.err).toContain(says);
    expect(done.code).toBe(code);
  });
});

describe("trust show of a file", () => {
  test("tells the policy, what it changes, and who has signed", async () => {
    const desk = new Desk();
    await desk.signed();
    fs.writeFileSync(desk.at("policy.2.sig/torn.sigstore.json"), "{");
    const done = await desk.trust("show", "@policy.2.json");
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(done.out).toContain("version 2, made 2026-11-10T00:00:00Z\n");
    expect(done.out).toContain("changed since version 1:\n");
    expect(done.out).toContain("  torn.sigstore.json does not count: SIG_BUNDLE_SHAPE ");
    expect(done.out).toContain("roots of version 2: 2 of 2 owners have signed, enough\n");
    const first = await desk.trust("show", "@policy.1.json");
    expect(first.out).toContain("version 1 is trusted by its fingerprint");
  });

  test("whose predecessor is not there says so", async () => {
    const desk = new Desk();
    await desk.signed();
    fs.renameSync(desk.at("policy.1.json"), desk.at("one.json"));
    expect((await desk.trust("show", "@policy.2.json")).out).toContain(
      "the roots of version 1 must sign too: --from FILE tells who has",
    );
    const done = await desk.trust("show", "@policy.2.json", "--from", "@one.json", "--json");
    expect(documentOf(done)).toMatchObject({ signatures: { complete: true }, policy: { version: 2 } });
  });

  test("needs a file with --from", async () => {
    expect(await new Desk().trust("show", "--from", "@x.json")).toMatchObject({ code: 2 });
  });
});

describe("a rotation", () => {
  test("is packed, built as a kit, and accepted by a site that holds the policy before it", async () => {
    const desk = new Desk();
    await desk.signed();
    fs.writeFileSync(desk.at("policy.2.sig/torn.sigstore.json"), "{");
    const packed = await desk.trust("pack", "@policy.2.json", "--out", "@rotation");
    expect(packed, packed.err).toMatchObject({ code: 0 });
    expect(packed.out).toContain("build the kit with 2 of 3 owners among the roots of version 1:\n");
    expect(packed.out).toContain(
      `kit build ${desk.at("rotation")} --stream hq/trust --data HUB --key FILE --key FILE --out .\n`,
    );
    expect(packed.out).toContain("HUB is the folder of the hub's site");
    expect(packed.out).not.toContain("torn");
    const [kit, keys] = [desk.at("hq.trust.kit.tar"), ["--key", desk.at("root1.pem"), "--key", desk.at("root2.pem")]];
    const built = await cli([
      "kit",
      "build",
      desk.at("rotation"),
      "--stream",
      "hq/trust",
      ...keys,
      "--created-at",
      "2026-11-10T08:00:00Z",
      "--out",
      kit,
    ]);
    expect(built, built.err).toMatchObject({ code: 0 });
    const verify = [
      "kit",
      "verify",
      kit,
      "--policy",
      desk.at("policy.1.json"),
      "--site",
      "plant-7",
      "--at",
      "2026-11-20T00:00:00Z",
    ];
    expect(await cli(verify)).toMatchObject({ code: 0, out: expect.stringContaining("VERIFIED") });
  });

  test("of several steps is one folder", async () => {
    const desk = new Desk();
    await desk.signed();
    await desk.trust("propose", "@policy.2.json", "--max-jump", "9", "--created-at", "2026-11-11T00:00:00Z");
    const early = await desk.trust("pack", "@policy.2.json", "@policy.3.json", "--out", "@rotation");
    expect(early).toMatchObject({
      code: 3,
      err: expect.stringContaining("policy.3.json is not signed by enough: roots of version 2: 0 of 2"),
    });
    for (const name of ["root1", "root2"]) await desk.trust("sign", "@policy.3.json", "--key", `@${name}.pem`);
    const done = await desk.trust("pack", "@policy.2.json", "@policy.3.json", "--out", "@rotation", "--json");
    expect(JSON.parse(done.out)).toMatchObject({ versions: [2, 3], stream: "hq/trust" });
    expect(fs.readdirSync(desk.at("rotation/content/trust"))).toEqual([
      "policy.2.json",
      "policy.2.sig",
      "policy.3.json",
      "policy.3.sig",
    ]);
  });

  test.each<[name: string, words: string[], code: number, says: string]>([
    ["a first policy", ["@policy.1.json"], 2, "sites trust it by its fingerprint"],
    ["a gap", ["@policy.2.json", "@policy.2.json"], 3, "version 2 after 2"],
    ["a folder that is there", ["@policy.2.json", "--out", "@policy.2.sig"], 4, "is there already"],
  ])("cannot be packed from %s", async (_name, words, code, says) => {
    const desk = new Desk();
    await desk.signed();
    const done = await desk.trust("pack", ...words, ...(words.includes("--out") ? [] : ["--out", "@rotation"]));
    expect(done.err).toContain(says);
    expect(done.code).toBe(code);
    expect(fs.existsSync(desk.at("rotation"))).toBe(false);
  });
});

describe("a site", () => {
  test("trusts a hub by fingerprint or words, once, and shows whom it trusts", async () => {
    const [desk, site] = [new Desk(), await makeCliSite()];
    await desk.init();
    const file = desk.at("policy.1.json");
    const fingerprint = policyFingerprint(policyBytes(desk.policy(1)));
    expect((await site.run("trust", "show")).out).toContain("none yet, so all other kits are refused");
    const added = await site.run("trust", "add", file, "--fingerprint", fingerprint);
    expect(added, added.err).toMatchObject({ code: 0 });
    expect(added.out).toContain("upstream policy is version 1 from now on:\n");
    const again = await site.run("trust", "add", file, "--fingerprint", fingerprint);
    expect(again, again.err).toMatchObject({ code: 0 });
    expect(again.out).toBe("upstream policy version 1 is held already; nothing changed\n");
    const asked = await site.run("trust", "add", file, "--fingerprint", fingerprint, "--json");
    expect(JSON.parse(asked.out)).toMatchObject({ version: 1, fingerprint, repeated: true });
    const shown = await site.run("trust", "show");
    expect(shown.out).toContain(`fingerprint  ${fingerprint}\n`);
    expect(shown.out).toMatch(/stream plant-7\/\* +signed by local \(1 of 1 key\)/);
    expect(JSON.parse((await site.run("trust", "show", "--json")).out)).toMatchObject({
      upstream: { version: 1, fingerprint, policy: { version: 1 } },
    });
    await desk.propose();
    const next = policyFingerprint(policyBytes(desk.policy(2)));
    const words = fingerprintWords(next).join(" ").toUpperCase();
    expect(await site.run("trust", "add", desk.at("policy.2.json"), "--fingerprint", words)).toMatchObject({ code: 4 });
    const replaced = await site.run(
      "trust",
      "add",
      desk.at("policy.2.json"),
      "--fingerprint",
      words,
      "--replace",
      "--why",
      "roots lost",
    );
    expect(replaced, replaced.err).toMatchObject({ code: 0 });
    expect(replaced.out).toContain("upstream policy is version 2 from now on:\n");
    expect((await site.run("trust", "show")).out).toMatch(
      /root3, ed25519, revoked at 2026-11-10T00:00:00Z; had been valid/,
    );
  });

  test.each<[words: string[], code: number, says: string]>([
    [[], 2, "Call the hub on a number that you know"],
    [["--fingerprint", "SHA256:abc"], 2, "here are 3 of 43 characters"],
    [["--fingerprint", ` SHA256:${"A".repeat(42)} `], 2, "here are 42 of 43 characters"],
    [["--fingerprint", `SHA256:${"A".repeat(43)}=`], 2, '"=" is no letter, digit, + or /'],
    [["--fingerprint", `sha256:${"A".repeat(43)}`], 2, "it must begin with SHA256: in capitals"],
    [["--fingerprint", `${"A1".repeat(21)}A`], 2, "it must begin with SHA256:, or be 32 words"],
    [["--fingerprint", "three little words"], 2, 'here are 3 of 32 words; word 1 "three" is not in the list'],
    [["--fingerprint", OTHER_WORDS.with(6, "jawbon").join(" ")], 2, 'word 7 "jawbon" is not in the list'],
    [
      ["--fingerprint", OTHER_WORDS.toSpliced(1, 2, OTHER_WORDS[2] ?? "", OTHER_WORDS[1] ?? "").join("-")],
      2,
      "words 2 and 3 may be swapped",
    ],
    [["--fingerprint", policyFingerprint(policyBytes(testPolicy()))], 3, "is not the policy that you were told of"],
    [
      ["--fingerprint", fingerprintWords(policyFingerprint(policyBytes(testPolicy()))).join(" ")],
      3,
      "is not the policy that you were told of",
    ],
  ])("trusts nobody with %j", async (words, code, says) => {
    const desk = new Desk();
    await desk.init();
    const done = await desk.trust("add", "@policy.1.json", ...words, "--data", "/no/such/site");
    expect(done.err).toContain(says);
    expect(done).toMatchObject({ code, out: "" });
    const fingerprint = policyFingerprint(policyBytes(desk.policy(1)));
    expect(done.err).not.toContain(fingerprint);
    expect(done.err).not.toContain(fingerprintWords(fingerprint)[0]);
  });

  test.each([["--replace"], ["--why", "x"]])(
    "asks for a reason to replace, and for one only then: %j",
    async (...words) => {
      const desk = new Desk();
      await desk.init();
      const fingerprint = policyFingerprint(policyBytes(desk.policy(1)));
      const done = await desk.trust(
        "add",
        "@policy.1.json",
        "--fingerprint",
        fingerprint,
        ...words,
        "--data",
        "/no/such/site",
      );
      expect(done).toMatchObject({ code: 2, err: expect.stringContaining("--replace and --why TEXT go together") });
    },
  );
});
