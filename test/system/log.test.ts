import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Secret } from "../../src/core/secret.ts";
import { createLog, type LogLevel, redactText, silentLog } from "../../src/system/log.ts";

const TOKEN = "spk_abc123_S3cretS3cretS3cret-_";

function lines(level: LogLevel, use: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = [];
  use(createLog({ level, write: (line) => void written.push(line) }));
  return written;
}

describe("log lines", () => {
  test("each is one JSON document with level, time and fields", () => {
    const [line = ""] = lines("info", (log) =>
      log.warn("channel down", { channel: "ops-mail", ms: 12, tags: ["a", null], ok: true }),
    );
    expect(line.endsWith("\n")).toBe(true);
    const read = z.record(z.string(), z.json()).parse(JSON.parse(line));
    expect(read).toMatchObject({
      level: "warn",
      msg: "channel down",
      channel: "ops-mail",
      ms: 12,
      tags: ["a", null],
      ok: true,
    });
    expect(read["time"]).toBeTypeOf("number");
    expect(Object.keys(read)).not.toContain("hostname");
  });

  test.each<[LogLevel, number]>([
    ["info", 3],
    ["warn", 2],
    ["error", 1],
    ["silent", 0],
  ])("level %s lets %d of three through", (level, count) => {
    const written = lines(level, (log) => {
      log.info("a");
      log.warn("b");
      log.error("c");
    });
    expect(written).toHaveLength(count);
  });

  test("secrets are blotted out by name and by look, at any depth", () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHqDck7d\n-----END PRIVATE KEY-----";
    const [line = ""] = lines("info", (log) =>
      log.info(`started with ${TOKEN}`, {
        authorization: "Bearer abcdef",
        nested: { apiToken: "abcdef", list: [`see ${TOKEN}`, { password: ["abcdef"] }] },
        text: pem,
      }),
    );
    expect(line).not.toMatch(/S3cret|abcdef|MC4CAQ/);
    expect(line).toContain("[secret]");
  });

  test("the silent log says nothing and never fails", () => {
    expect([silentLog.info("x"), silentLog.warn("x"), silentLog.error("x")]).toEqual([undefined, undefined, undefined]);
  });
});

test("a text without secrets stays as it is", () => {
  expect(redactText("spk_ is how tokens begin")).toBe("spk_ is how tokens begin");
});

test("a secret tells itself only when it is asked to", () => {
  const secret = new Secret("hunter2");
  const shown = [
    String(secret),
    [secret].join(),
    JSON.stringify({ secret }),
    inspect({ secret }),
    Object.keys(secret).join(),
  ];
  expect(shown.join(" ")).not.toContain("hunter2");
  expect(secret.reveal()).toBe("hunter2");
});
