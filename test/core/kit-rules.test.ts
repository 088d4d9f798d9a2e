import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUNDLE_SENTENCES, KIT_SENTENCES, KitError, quoted } from "../../src/core/kit-code.ts";
import { parseManifest } from "../../src/core/kit.ts";
import { carriedFiles, stateRootOf, sumsOf } from "../../src/core/kit-derive.ts";
import { collidingPath, pathFault, splitUstar } from "../../src/core/kit-path.ts";
import { kindOfFolder, objectPath, objectPlace, placementFault, policyPlace } from "../../src/core/kit-place.ts";
import { assembleContent, canonicalObject, parseSpec } from "../../src/core/kit-spec.ts";
import { kitInstant, kitInstantMs } from "../../src/core/kit-time.ts";
import { isValidAt } from "../../src/core/quorum.ts";
import {
  floorOf,
  keyOf,
  localPolicy,
  parsePolicy,
  policyBytes,
  policyFingerprint,
  roleOf,
} from "../../src/core/trust.ts";
import { testKey, testPolicy } from "../support/kit-forge.ts";

const ALL = {
  kinds: ["app", "rules", "schedules", "policies", "connectors", "ledger", "witness"] as const,
  tenants: new Set(["*"]),
};

describe("an instant of a kit", () => {
  test.each([
    ["1970-01-01T00:00:00Z", 0],
    ["2026-11-01T08:00:00Z", Date.UTC(2026, 10, 1, 8)],
    ["2028-02-29T23:59:59Z", Date.UTC(2028, 1, 29, 23, 59, 59)],
    ["2000-02-29T00:00:00Z", Date.UTC(2000, 1, 29)],
    ["1969-12-31T23:59:59Z", -1000],
    ["2026-02-29T00:00:00Z", undefined],
    ["2100-02-29T00:00:00Z", undefined],
    ["2026-04-31T00:00:00Z", undefined],
    ["2026-13-01T00:00:00Z", undefined],
    ["2026-00-01T00:00:00Z", undefined],
    ["2026-01-00T00:00:00Z", undefined],
    ["2026-01-01T24:00:00Z", undefined],
    ["2026-01-01T00:60:00Z", undefined],
    ["2026-01-01T00:00:60Z", undefined],
    ["2026-01-01T00:00:00.000Z", undefined],
    ["2026-01-01t00:00:00z", undefined],
    ["20260101T000000Z", undefined],
    [" 2026-01-01T00:00:00Z", undefined],
  ])("%s is %s", (text, ms) => {
    expect(kitInstantMs(text)).toBe(ms);
  });

  test("is what the calendar says, both ways, in every year", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
        (date) => {
          const text = `${date.toISOString().slice(0, 19)}Z`;
          expect(kitInstant(date.getTime())).toBe(text);
          expect(kitInstantMs(text)).toBe(Date.parse(text));
        },
      ),
    );
  });
});

const colliding = (...paths: string[]): string | undefined => {
  const steps = collidingPath(paths);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};

describe("a path", () => {
  test.each([
    "content/a",
    "content/NOTES.txt",
    "content/a b/c..d",
    "content/console.json",
    "content/com0.json",
    "content/.hidden",
    "content/rules/acme/cpu-hot.json",
    `content/${"a/".repeat(115)}b`,
  ])("%s is good", (path) => {
    expect(pathFault(path)).toBeUndefined();
  });

  test("of over 100 bytes is split at the last slash that fits, as GNU tar does", () => {
    const prefix = "p".repeat(155);
    expect(splitUstar("a".repeat(100))).toEqual({ prefix: "", name: "a".repeat(100) });
    expect(splitUstar(`${prefix}/${"n".repeat(100)}`)).toEqual({ prefix, name: "n".repeat(100) });
    expect(splitUstar(`a/b/${"n".repeat(97)}`)).toEqual({ prefix: "a/b", name: "n".repeat(97) });
    expect(splitUstar(`${prefix}p/${"n".repeat(100)}`)).toBeUndefined();
    expect(splitUstar(`/${"n".repeat(100)}`)).toBeUndefined();
    expect(splitUstar(`${"n".repeat(100)}/`)).toBeUndefined();
  });

  test("collides by case or as file and folder, not otherwise", () => {
    expect(colliding("content/a", "content/b/a", "content/b/c")).toBeUndefined();
    expect(colliding("content/A", "content/a")).toBe("content/a");
    expect(colliding("content/A", "content/a/b")).toBe("content/a/b");
    expect(colliding("content/a", "content/a.b", "content/a/b/c")).toBe("content/a/b/c");
    expect(colliding(...Array.from({ length: 5000 }, (_, at) => `content/f/${at}`))).toBeUndefined();
  });
});

describe("a file's place", () => {
  test.each([
    ["object", "content/rules/acme/a.json", true],
    ["object", "content/rules/_/a.json", true],
    ["object", "content/escalations/acme/a.json", true],
    ["object", "content/users/acme/a.json", true],
    ["object", "content/suites/_/a.json", true],
    ["object", "content/heartbeats/_/a.json", true],
    ["object", "content/templates/_/a.json", false],
    ["object", "content/ledger/_/a.json", false],
    ["sealed", "content/connectors/acme/smtp.sealed.json", true],
    ["sealed", "content/connectors/acme/smtp.json", false],
    ["blob", "content/connectors/acme/deep/down/a.wasm", true],
    ["blob", "content/app/a", true],
    ["blob", "content/rules/acme/a", false],
    ["ledger", "content/ledger/0.tile", true],
    ["witness", "content/witness/a", true],
    ["witness", "content/ledger/a", false],
    ["doc", "content/anything/at/all", true],
    ["sbom", "content/rules/acme/a.json", true],
  ] as const)("%s at %s: %s", (role, path, good) => {
    expect(placementFault({ role, path }, { ...ALL, kinds: [...ALL.kinds] }) === undefined).toBe(good);
  });

  test("of an object tells whose it is, and back", () => {
    const place = { tenant: "_site", kind: "rules", id: "a" };
    expect(objectPlace({ role: "object", path: "content/rules/_/a.json" })).toEqual(place);
    expect(objectPath(place)).toBe("content/rules/_/a.json");
    expect(objectPlace({ role: "doc", path: "content/rules/_/a.json" })).toBeUndefined();
    expect(kindOfFolder("constructor")).toBeUndefined();
  });

  test("of a trust file tells its version", () => {
    expect(policyPlace("content/trust/policy.12.json")).toEqual({ version: 12, signature: false });
    expect(policyPlace("content/trust/policy.12.sig/a.sigstore.json")).toEqual({ version: 12, signature: true });
    expect(policyPlace("content/trust/policy.012.json")).toBeUndefined();
  });
});

describe("what follows from a manifest", () => {
  const rows = [
    { path: "content/a", sha256: "a".repeat(64), size: 1, role: "doc" as const },
    { path: "content/b", sha256: "b".repeat(64), size: 1, role: "blob" as const },
    { path: "content/c", sha256: "a".repeat(64), size: 1, role: "doc" as const },
  ];

  test("is each content once, without what is omitted", () => {
    expect(carriedFiles({ files: rows, omitted: ["b".repeat(64)] }).map(({ path }) => path)).toEqual(["content/a"]);
    expect(Buffer.from(sumsOf(rows.slice(0, 1))).toString()).toBe(`${"a".repeat(64)}  content/a\n`);
  });

  test("is the root of no files: SHA-256 of nothing", () => {
    expect(stateRootOf([])).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(stateRootOf(Array.from({ length: 4001 }, (_, at) => ({ path: `${at}`, sha256: "" })))).toHaveLength(64);
  });

  test("deep nesting in a closed form has its own code", () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(() => parseManifest(Buffer.from(deep))).toThrow(expect.objectContaining({ code: "KIT_JSON_DEPTH" }));
  });

  test("a value __proto__ in a manifest is only a text", () => {
    expect(() => parseManifest(Buffer.from('{"schema":"__proto__"}'))).toThrow(
      expect.objectContaining({ code: "KIT_FORMAT_VERSION" }),
    );
  });
});

describe("a refusal", () => {
  test("has a sentence that says what to do, and quotes nothing that steers a terminal", () => {
    for (const sentence of [...Object.values(KIT_SENTENCES), ...Object.values(BUNDLE_SENTENCES)])
      expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(new KitError("KIT_TAR_END", "").message).toBe(KIT_SENTENCES.KIT_TAR_END);
    expect(quoted("\u001b[31m\u202e")).toBe('"\\u001b[31m?"');
    expect(quoted("x".repeat(500))).toHaveLength(125);
  });
});

describe("a local policy", () => {
  const { spki, keyId } = testKey("carol");
  const policy = localPolicy({ site: "ship-07", spki, createdAt: "2026-10-01T00:00:00Z" });

  test("is one that bytes can hold, by one key for the site's own streams", () => {
    expect(parsePolicy(policyBytes(policy))).toEqual(policy);
    expect(policy.delegations.map(({ stream, role }) => [stream, role])).toEqual([["ship-07/*", "local"]]);
    expect(roleOf(policy, "local")).toEqual({ keys: [keyId], threshold: 1, distinctOwners: false });
    expect(isValidAt(policy, keyId, "2026-10-01T00:00:00Z")).toBe(true);
    expect(isValidAt(policy, "SHA256:other", "2026-10-01T00:00:00Z")).toBe(false);
  });

  test("is not made of anything but a key", () => {
    expect(() => localPolicy({ site: "a", spki: Buffer.from("x"), createdAt: "2026-10-01T00:00:00Z" })).toThrow(
      KitError,
    );
  });

  test("knows nothing by the names that every object has", () => {
    expect(keyOf(policy, "constructor")).toBeUndefined();
    expect(floorOf(policy, "toString")).toBeUndefined();
    expect(() => roleOf(policy, "constructor")).toThrow(KitError);
  });

  test("has a fingerprint over its bytes", () => {
    expect(policyFingerprint(policyBytes(testPolicy()))).toBe("SHA256:Cp1U7YHBuiYE2ZcsTDrj2LVfv2bwF8Lbxtabu5v8fBU");
  });
});

const source = (files: Record<string, string>) =>
  [(name: string) => Buffer.from(files[name] ?? ""), Object.keys(files)] as const;

describe("the build input of the starter kit", () => {
  const root = join(import.meta.dirname, "../..");
  const spec = parseSpec(readFileSync(join(root, "offline-kit.json")));
  test("stands in the repository", () => {
    const kinds = ["calendars", "channels", "policies", "rules", "templates"];
    expect(spec).toMatchObject({ schema: "offline-kit/v1", kinds, tenants: ["*"] });
  });

  test.each([
    ["another version", { schema: "offline-kit/v9" }, "KIT_FORMAT_VERSION"],
    ["a computed field", { files: [] }, "KIT_MANIFEST"],
    ["kinds that cannot be together", { kinds: ["rules", "trust"] }, "KIT_MANIFEST"],
    ["no list of kinds", { kinds: "rules" }, "KIT_MANIFEST"],
  ])("is refused with %s", (_name, change, code) => {
    expect(() => parseSpec(Buffer.from(JSON.stringify({ ...spec, ...change })))).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test.each([
    ["no UTF-8", Buffer.from([0xff])],
    ["no JSON", Buffer.from("x")],
    ["a list", Buffer.from("[]")],
  ])("is refused where it is %s", (_name, bytes) => {
    expect(() => parseSpec(bytes)).toThrow(expect.objectContaining({ code: "CONTENT_INVALID" }));
  });

  test("takes seeds of known kinds and whole templates, and makes them canonical", () => {
    const files = assembleContent(
      ...source({
        "seeds/rules/default/a.json": '{ "b": 1, "a": 2 }',
        "seeds/rules/default/deep/a.json": "x",
        "seeds/samples/default/a.json": "x",
        "seeds/rules/default/README.md": "x",
        "templates/plain/subject.hbs": "S",
        "templates/plain/text.hbs": "T\n",
        "templates/locales/en.json/x/y": "x",
      }),
    );
    expect(files.map(({ path, role, bytes }) => [path, role, String(bytes)])).toEqual([
      ["content/rules/default/a.json", "object", '{"a":2,"b":1}'],
      ["content/templates/_/plain.json", "object", '{"id":"plain","schema":"template/v1","subject":"S","text":"T\\n"}'],
    ]);
  });

  test.each([
    ["without its text", { "templates/plain/subject.hbs": "S" }],
    [
      "with a file that is no part of it",
      { "templates/plain/subject.hbs": "S", "templates/plain/text.hbs": "T", "templates/plain/extra.hbs": "E" },
    ],
    [
      "with meta that is no object",
      { "templates/plain/subject.hbs": "S", "templates/plain/text.hbs": "T", "templates/plain/meta.json": "1" },
    ],
  ])("refuses a template %s", (_name, files) => {
    expect(() => assembleContent(...source(files))).toThrow(expect.objectContaining({ code: "CONTENT_INVALID" }));
  });

  test("an object as people write it becomes canonical", () => {
    expect(String(canonicalObject(Buffer.from('{ "b": 1,\n"a": "\\u0041" }'), "x"))).toBe('{"a":"A","b":1}');
  });
});
