import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { listenFault } from "../../src/system/listen.ts";
import {
  calledAs,
  residentBytes,
  selfCommand,
  shellWord,
  startSelf,
  temporaryFolder,
  userId,
} from "../../src/system/process.ts";

describe("starting this program again", () => {
  test("the first line, then the end", async () => {
    const child = startSelf(["--version"], process.env);
    expect(await child.firstLine).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.pid).toBeGreaterThan(0);
  });

  test("one that ends without a line says why", async () => {
    const child = startSelf(["no-such-command"], process.env);
    await expect(child.firstLine).rejects.toThrow(
      expect.objectContaining({ code: "not-started", message: expect.stringContaining("no-such-command") }),
    );
    expect(await child.exited).toEqual({ code: 2, signal: null });
  });

  test("it can be killed", async () => {
    const child = startSelf(["events", "post", "-", "--url", "http://127.0.0.1:9"], process.env);
    child.kill("SIGKILL");
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("from sources it is Node and main.ts, and called as such", () => {
    const { file, args } = selfCommand();
    expect(file).toBe(process.execPath);
    expect(args).toEqual([expect.stringMatching(/src\/main\.ts$/)]);
    expect(calledAs()).toContain("main.ts");
  });
});

test.each(["plain", "./a/b-c_d.e", "with space", "it's", "", "a;b", "$HOME", "日本", "-n", '{"a": "b\'c"}'])(
  "a shell takes %j as one word",
  (word) => {
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${shellWord(word)}`], { encoding: "utf8" })).toBe(word);
  },
);

test("facts of the process", () => {
  expect(residentBytes()).toBeGreaterThan(2 ** 20);
  expect(userId()).toBe(process.getuid?.() ?? 0);
  expect(temporaryFolder()).not.toBe("");
});

test("an address that is taken cannot be listened at, a free one can", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  expect(await listenFault("127.0.0.1", port)).toBe("EADDRINUSE");
  await new Promise((resolve) => server.close(resolve));
  expect(await listenFault("127.0.0.1", port)).toBeUndefined();
  expect(await listenFault("192.0.2.1", 8080)).toBe("EADDRNOTAVAIL");
});
