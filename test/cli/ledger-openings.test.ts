import * as path from "node:path";
import { expect, test } from "vitest";
import { OpeningCheck } from "../../src/cli/ledger-openings.ts";
import { commitment } from "../../src/core/leaf.ts";
import { connect } from "../../src/store/libsql/guard.ts";
import { makeCliSite } from "../support/cli-site.ts";
import { cli } from "../support/cli.ts";
import { genesis, linesOf, NOTHING } from "../support/tiny-log.ts";

const EVENT = JSON.stringify({
  specversion: "1.0",
  id: "1",
  source: "/test",
  type: "test.some",
  severitytext: "critical",
});

test("a missing opening is found by the command where the database lost an event's body", async () => {
  const { dir } = await makeCliSite();
  await cli(["events", "post", "-", "--data", dir], { stdin: EVENT });
  expect((await cli(["ledger", "verify", "--data", dir])).code).toBe(0);
  const database = await connect(path.join(dir, "sealpost.db"), 5000); // any statement, whosever rows it takes
  expect(database.all("DELETE FROM segment RETURNING id", [])).toHaveLength(1);
  database.close();
  const done = await cli(["ledger", "verify", "--data", dir]);
  expect(done.code, done.err).toBe(3);
  expect(done.out).toMatch(/REFUSED at leaf \d+: the event is missing, and no erasure tells why/);
});

test("a missing opening is no fault in a log that tells of an erasure; one that opens wrongly still is", () => {
  const salt = Buffer.alloc(32, 7);
  const decision = { type: "event.decision", actor: "a", id: "ev_1", cfg: "0".repeat(16), drafts: [] } as const;
  const event = commitment("event", salt, "the event");
  const lines = linesOf([genesis(), { ...decision, sd: { event } }, NOTHING]);
  const erasure = linesOf([genesis(), NOTHING, NOTHING, { type: "privacy.erasure", actor: "u", body: { count: 1 } }]);
  const opening = { seq: 1, field: "event", salt: salt.toString("base64") } as const;
  const check = new OpeningCheck();
  expect(check.add(lines, 0, [])).toBeUndefined();
  expect(check.finish()).toMatchObject({ seq: 1 });
  expect(check.add(erasure.slice(3), 3, [])).toBeUndefined();
  expect(check.finish()).toBeUndefined();
  expect(check.add(lines, 0, [{ ...opening, value: "another" }])).toMatchObject({ seq: 1 });
  expect(check.add(lines, 0, [{ ...opening, value: "the event" }])).toBeUndefined();
  expect(check.opened).toBe(1);
  const twice = [
    { ...opening, value: "the event" },
    { ...opening, value: "the event" },
  ];
  expect(check.add(lines, 0, twice)).toMatchObject({ seq: 1 });
});
