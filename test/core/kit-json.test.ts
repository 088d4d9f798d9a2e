import { describe, expect, test } from "vitest";
import { KitError } from "../../src/core/kit-code.ts";
import { parseManifest } from "../../src/core/kit.ts";
import { findJsonFault } from "../../src/core/json-fault.ts";

function codeOf(text: string): string {
  try {
    parseManifest(Buffer.from(text));
    return "OK";
  } catch (error) {
    if (error instanceof KitError) return error.code;
    throw error;
  }
}

/** A sound row of the file table. */
function row(at: number): string {
  return `{"path":"content/docs/${String(at).padStart(6, "0")}.txt","role":"doc","sha256":"${"0".repeat(64)}","size":0}`;
}

const MIB = 1_048_576;
const LONG = "\\u0061".repeat((8 * MIB) / 6 - 10);

describe("what is wrong with the text of a manifest has one code, in the order of the format", () => {
  test.each([
    ["a key __proto__", '{"__proto__":1}', "KIT_MANIFEST"],
    ["a key __proto__ in another form", '{ "__proto__":1}', "KIT_JSON_NOT_CANONICAL"],
    ["a key __proto__ twice", '{"__proto__":1,"__proto__":1}', "KIT_JSON_NOT_CANONICAL"],
    ["a key __proto__ beside a lone surrogate", '{"__proto__":1,"a":"\\ud800"}', "KIT_JSON_NOT_CANONICAL"],
    ["a key __proto__ in another version", '{"__proto__":1,"schema":"offline-kit/v2"}', "KIT_FORMAT_VERSION"],
    ["a key __proto__ in a text that is no JSON", '{"__proto__":1', "KIT_JSON_SYNTAX"],
    ["a number that is too large for any form", '{"epoch":1e400}', "KIT_JSON_NOT_CANONICAL"],
    ["such a number, too deep", `${"[".repeat(33)}1e400${"]".repeat(33)}`, "KIT_JSON_DEPTH"],
    ["nothing", "", "KIT_JSON_SYNTAX"],
  ])("%s", (_, text, code) => {
    expect(codeOf(text)).toBe(code);
  });
});

describe("a manifest as large as it may be is judged like any other", () => {
  test.each([
    ["one string of escapes", `"${LONG}"`, "KIT_JSON_NOT_CANONICAL"],
    ["one string that does not end", `"${LONG}`, "KIT_JSON_SYNTAX"],
    ["one long string", `"${"x".repeat(8 * MIB - 2)}"`, "KIT_MANIFEST"],
    ["brackets alone", "[".repeat(8 * MIB), "KIT_JSON_DEPTH"],
    ["many empty lists", `[${"[],".repeat(2 * MIB)}[]]`, "KIT_MANIFEST"],
    ["many empty lists without an end", `[${"[],".repeat(2 * MIB)}[]`, "KIT_MANIFEST"],
    ["many lists, one too deep", `[${"[],".repeat(2 * MIB)}${"[".repeat(33)}`, "KIT_JSON_DEPTH"],
    ["many keys", `{${Array.from({ length: 400_000 }, (_, at) => `"k${at}":1`).join(",")}}`, "KIT_MANIFEST"],
    ["signs inside a string", `"${',[{\\"'.repeat(MIB)}"`, "KIT_MANIFEST"],
  ])("%s", (_, text, code) => {
    const before = process.cpuUsage();
    expect(codeOf(text)).toBe(code);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2000);
  });

  test("a table that is nothing but sound rows is counted, however long", () => {
    const files = Array.from({ length: 40_000 }, (_, at) => row(at)).join(",");
    const text = [
      `{"acks":{},"audience":["*"],"createdAt":"2026-11-01T08:00:00Z","epoch":0,"expiresAt":null,"files":[${files}]`,
      '"heads":{},"kinds":["rules"],"minApp":"0.0.0","omitted":[],"prev":null,"provenance":{"builder":"x","source":[]}',
      '"schema":"offline-kit/v1","sequence":1',
      `"state":{"count":40000,"root":"${"0".repeat(64)}"},"stream":"hq/rules","tenants":["*"]}`,
    ].join(",");
    expect(codeOf(text)).toBe("KIT_LIMIT_FILES");
  });
});

test("the exact reading of JSON takes strings of any length", () => {
  const text = `{"a":1,"a":"${LONG}"}`;
  expect(findJsonFault(text, 32)?.code).toBe("duplicate-key");
});
