import * as http from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { listenFault } from "../../src/system/listen.ts";
import { hostPort } from "../../src/cli/serve.ts";
import { cli, type Done } from "../support/cli.ts";

/** Runs a command against a server that gives one answer to everything. */
async function answered(body: object, ...words: readonly string[]): Promise<Done> {
  const server = http.createServer((_, response) => void response.end(JSON.stringify(body)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return await cli([...words, "--url", `http://127.0.0.1:${port}`]);
}

const AT = "2026-11-20T12:00:00.000Z";
const DELIVERY = { id: "dl_1", status: "dropped", channel: "gone", severity: "high", attempts: 2, createdAt: AT };

describe("answers of every shape are shown", () => {
  test.each<[string[], object, string]>([
    [
      ["deliveries", "list"],
      { items: [{ ...DELIVERY, reason: { code: "no-channel" } }] },
      `dl_1  ${AT}  high      gone     dropped  2         no-channel`,
    ],
    [
      ["deliveries", "attempts", "dl_1"],
      { items: [{ n: 1, at: AT, status: "retrying", reason: { code: "unbound" } }] },
      `1  ${AT}  retrying        unbound`,
    ],
    [
      ["deliveries", "attempts", "dl_1"],
      { items: [{ n: 3, at: AT, status: "dead", out: { code: "550", st: "no such user", ms: 7 } }] },
      `3  ${AT}  dead    550   no such user  7`,
    ],
    [["deliveries", "attempts", "dl_1"], { items: [{ n: 1, at: AT, status: "sent", out: {} }] }, `1  ${AT}  sent`],
    [
      ["events", "list"],
      { items: [{ id: "ev_1", receivedAt: AT, severity: "low", type: "a", source: "b", subject: "c" }] },
      `ev_1  ${AT}  low       a     b       c`,
    ],
    [
      ["maildrop", "show", "1"],
      { id: "1", at: AT, from: "a", to: [], subject: "s", headers: [{ name: "X", value: "y" }], html: "<p>only</p>" },
      "X: y\n\n<p>only</p>",
    ],
    [["maildrop", "show", "1"], { id: "1", at: AT, from: "a", to: [], subject: "s", headers: [] }, "\n"],
    [
      ["config", "show"],
      {
        n: 1,
        cfg: "0".repeat(16),
        objects: [{ kind: "rules", id: "a", hash: "f".repeat(64), isGlobal: false, value: {} }],
      },
      "rules/a  ffffffffffff  own",
    ],
    [
      ["config", "show"],
      { n: 1, cfg: "0".repeat(16), objects: [{ kind: "rules", id: "a", hash: "f".repeat(64), isGlobal: true }] },
      "rules/a  ffffffffffff  _site",
    ],
  ])("%j", async (words, body, line) => {
    const done = await answered(body, ...words);
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(done.out).toContain(line);
  });

  test("what came from a sender cannot steer the terminal", async () => {
    const done = await answered(
      { items: [{ id: "ev_1", receivedAt: AT, severity: "low", type: "\u001b[2J", source: "b" }] },
      "events",
      "list",
    );
    expect(done.out).toContain(String.raw`\x1b[2J`);
  });

  test("a plan's fault in an object of no file of the folder is told by its name", async () => {
    const { placeFaults } = await import("../../src/cli/config-report.ts");
    const errors = [
      { pointer: "/objects/rules~1other/actions/0", detail: "why" },
      { pointer: "", detail: "all of it" },
    ];
    expect(placeFaults(errors, { objects: [], faults: [] })).toEqual([
      { file: "rules/other", pointer: "/actions/0", detail: "why" },
      { file: "", pointer: "", detail: "all of it" },
    ]);
  });
});

test.each([
  [{ host: "127.0.0.1", port: 1 }, "127.0.0.1:1"],
  [{ host: "::1", port: 1 }, "[::1]:1"],
  [{ host: "0.0.0.0", port: 1 }, "127.0.0.1:1"],
  [{ host: "::", port: 1 }, "[::1]:1"],
  [{ host: "plant.lan", port: 1 }, "plant.lan:1"],
])("the address %j is reached at %s", (address, text) => {
  expect(hostPort(address)).toBe(text);
});

test("a port that no address has is told", async () => {
  await expect(listenFault("127.0.0.1", 70_000)).rejects.toThrow();
});
