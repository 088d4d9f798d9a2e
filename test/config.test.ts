import { describe, expect, test } from "vitest";
import { readSettings, VARIABLES } from "../src/config.ts";

describe("settings", () => {
  test("without flags and environment they are the defaults", () => {
    expect(readSettings({})).toEqual({
      listen: { host: "127.0.0.1", port: 8080 },
      maxWaitingBytes: 64 * 2 ** 20,
      minFreeDisk: 64 * 2 ** 20,
      maxBodyBytes: 2 ** 20,
      maxKitBytes: 8 * 2 ** 30,
      groups: [],
      openMetrics: false,
      requestsPerMinute: 600,
      duplicateHorizon: 7 * 86_400_000,
      stopGrace: 10_000,
    });
  });

  test("a flag goes before its variable, an empty variable is unset", () => {
    const env = { SEALPOST_DATA: "/env", SEALPOST_LISTEN: "", SEALPOST_REQUESTS_PER_MINUTE: "0" };
    const settings = readSettings(env, { data: "/flag" });
    expect(settings).toMatchObject({ data: "/flag", listen: { port: 8080 }, requestsPerMinute: 0 });
    expect(readSettings(env).data).toBe("/env");
  });

  test("secrets are hidden", () => {
    const settings = readSettings({ SEALPOST_TOKEN: "spk_a_b", SEALPOST_MASTER_KEY: "c2VjcmV0" });
    expect(JSON.stringify(settings)).not.toMatch(/spk_|c2Vj/);
    expect(settings.token?.reveal()).toBe("spk_a_b");
  });

  test.each([
    ["0.0.0.0:80", { host: "0.0.0.0", port: 80 }],
    ["localhost:0", { host: "localhost", port: 0 }],
    ["[::1]:8080", { host: "::1", port: 8080 }],
  ])("an address %s", (text, address) => {
    expect(readSettings({}, { listen: text }).listen).toEqual(address);
  });

  test.each([
    ["1024", 1024],
    ["0", 0],
    ["3KiB", 3072],
    ["2MiB", 2 ** 21],
    ["1GiB", 2 ** 30],
  ])("a size %s", (text, bytes) => {
    expect(readSettings({ SEALPOST_MIN_FREE_DISK: text }).minFreeDisk).toBe(bytes);
  });

  test.each([
    ["SEALPOST_LISTEN", "8080"],
    ["SEALPOST_LISTEN", "::1:8080"],
    ["SEALPOST_LISTEN", "host:65536"],
    ["SEALPOST_LISTEN", "ho st:80"],
    ["SEALPOST_MAILDROP", ":25"],
    ["SEALPOST_URL", "ftp://host"],
    ["SEALPOST_URL", "host:8080"],
    ["SEALPOST_TOKEN", "two words"],
    ["SEALPOST_LOG", "loud"],
    ["SEALPOST_MIN_FREE_DISK", "1MB"],
    ["SEALPOST_MIN_FREE_DISK", "-1"],
    ["SEALPOST_REQUESTS_PER_MINUTE", "many"],
    ["SEALPOST_DUPLICATE_HORIZON", "7 days"],
  ])("%s=%s is refused with its name, not its value", (name, value) => {
    const read = (): unknown => readSettings({ [name]: value });
    expect(read).toThrow(
      expect.objectContaining({ name: "ConfigError", message: expect.stringMatching(new RegExp(`^${name}: `)) }),
    );
    expect(read).not.toThrow(value);
  });

  test("a wrong flag is named as a flag", () => {
    expect(() => readSettings({}, { listen: "x" })).toThrow(/^--listen: an address is HOST:PORT/);
  });

  test("every setting has one variable", () => {
    const names = Object.values(VARIABLES);
    expect(new Set(names).size).toBe(names.length);
  });
});
