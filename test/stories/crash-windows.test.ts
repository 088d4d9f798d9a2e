import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Delivery } from "../../src/core/delivery.ts";
import { DUE, openCrashSite } from "../support/crash-site.ts";
import { HELD, makeCrashSite } from "../support/crash-world.ts";
import { type Remains, remainsOf } from "../support/cut-store.ts";
import { childProgram, type ChildProgram, type Died as Ended } from "../support/killed-child.ts";
import { type ReceivedMail, type SmtpPeer, smtpPeer } from "../support/smtp-peer.ts";
import { verdictOn } from "../support/tiny-log.ts";
import { toldOf } from "../support/told.ts";

const CHILD = path.join(import.meta.dirname, "../support/crash-child.ts");
/** Children are killed side by side, each with a relay and folders of its own. */
const LANES = 2;
/** The next process is started so long after the windows were due. */
const LATER = DUE + 2 * 60_000;

interface Lane {
  readonly peer: SmtpPeer;
  readonly home: string;
  runs: number;
}

let root = "";
let child: ChildProgram;
let lanes: Lane[] = [];
beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-crash-"));
  child = await childProgram(CHILD, root);
  lanes = await Promise.all(
    Array.from({ length: LANES }, async (_, n) => {
      const lane = { peer: await smtpPeer("takes"), home: path.join(root, String(n)), runs: 0 };
      fs.mkdirSync(path.join(lane.home, "made"), { recursive: true });
      await makeCrashSite(path.join(lane.home, "made"), lane.peer.port);
      return lane;
    }),
  );
});
afterAll(async () => {
  await Promise.all(lanes.map(async ({ peer }) => await peer.close()));
  fs.rmSync(root, { recursive: true });
});

interface Died extends Pick<Ended, "signal" | "code"> {
  /** Points that it reached. */
  readonly said: readonly string[];
}

/** Runs the process on a folder until it ends; at `point` it kills itself. */
async function runChild(folder: string, timers: number, point = ""): Promise<Died> {
  const { signal, code, out } = await child.run([folder, String(timers), point]);
  return { signal, code, said: out.split("\n").filter((line) => line !== "") };
}

interface Run {
  readonly died: Died;
  readonly remains: Remains;
  readonly mails: readonly ReceivedMail[];
}

/** A process that is killed at a point, and the next one, which goes on until nothing is due. */
async function runAndGoOn(lane: Lane, timers: number, point?: string): Promise<Run> {
  const folder = path.join(lane.home, `run-${lane.runs++}`);
  fs.cpSync(path.join(lane.home, "made"), folder, { recursive: true });
  const from = lane.peer.received.length;
  const died = await runChild(folder, timers, point);
  const site = await openCrashSite({ folder, now: LATER });
  await site.work();
  const remains = await remainsOf(site);
  await site.close();
  expect(site.errors).toEqual([]);
  fs.rmSync(folder, { recursive: true });
  return { died, remains, mails: lane.peer.received.slice(from) };
}

/** All that must be as if nothing had happened: everything but when, and in what order, messages were taken. */
function asIfUndisturbed({ deliveries, ...rest }: Remains): unknown {
  const kept = deliveries.map(([id, { leaves: _leaves, deliveredAt: _at, ...delivery }]) => [id, delivery]);
  return { ...rest, lines: [], deliveries: kept };
}

/** Deliveries whose messages came to the relay, each as often as it did. */
function arrivals(mails: readonly ReceivedMail[]): Map<string, ReceivedMail[]> {
  return Map.groupBy(mails, ({ mail }) => mail.headers.find(({ key }) => key === "sealpost-delivery")?.value ?? "");
}

/** The delivery whose message is sent twice where a process dies at this point: it was sent and not recorded. */
function repeatedAt(point: string, points: readonly string[]): string | undefined {
  const sent = /^after send\((.*)\): sent$/.exec(point)?.[1];
  const recorded = /^attempt\((.*)\) (\d+)$/.exec(point);
  if (recorded === null) return sent;
  const [, id = "", statement = ""] = recorded;
  const last = points.filter((one) => one.startsWith(`attempt(${id}) `)).length - 1; // which comes after the COMMIT
  return Number(statement) === last ? undefined : id;
}

/** Kills a process at each of the points, one after the other in each lane, and looks at what comes of it. */
async function killAtEach(points: readonly string[], timers: number, undisturbed: readonly Run[]): Promise<void> {
  const left = points.toReversed();
  const lanesEnd = lanes.map(async (lane, n) => {
    const calm = undisturbed[n] ?? nothing();
    for (let point = left.pop(); point !== undefined; point = left.pop())
      sameAs(calm, await runAndGoOn(lane, timers, point), point);
  });
  for (const { reason } of (await Promise.allSettled(lanesEnd)).flatMap((end) =>
    end.status === "rejected" ? [end] : [],
  ))
    throw reason;
}

/** Whatever was undone or repeated by the kill, all is as it would have been; one message may have come twice. */
function sameAs(undisturbed: Run, { died, remains, mails }: Run, point: string): void {
  expect({ point, signal: died.signal }).toEqual({ point, signal: "SIGKILL" });
  const expected = asIfUndisturbed(undisturbed.remains);
  expect({ point, remains: asIfUndisturbed(remains) }).toEqual({ point, remains: expected });
  expect({ point, ledger: verdictOn(remains.lines) }).toEqual({ point, ledger: "ok" });
  const repeated = repeatedAt(point, undisturbed.died.said);
  const wanted = Object.fromEntries([...arrivals(undisturbed.mails).keys()].map((id) => [id, id === repeated ? 2 : 1]));
  const arrived = arrivals(mails);
  const came = Object.fromEntries([...arrived].map(([id, all]) => [id, all.length]));
  expect({ point, came }).toEqual({ point, came: wanted });
  for (const [id, all] of arrived) {
    const same = new Set(all.map(({ mail }) => `${mail.messageId} ${mail.subject} ${mail.text}`));
    expect({ point, id, different: same.size }).toEqual({ point, id, different: 1 });
  }
}

async function undisturbedRuns(timers: number): Promise<Run[]> {
  const runs = await Promise.all(lanes.map(async (lane) => await runAndGoOn(lane, timers)));
  for (const { died } of runs) expect(died).toMatchObject({ signal: null, code: 0 });
  return runs;
}

function pointsOf([run]: readonly Run[]): readonly string[] {
  return run?.died.said ?? nothing();
}

function nothing(): never {
  throw new Error("no lane");
}

describe("a process that is killed while windows end", () => {
  let alone: readonly Run[];
  let together: readonly Run[];
  beforeAll(async () => {
    alone = await undisturbedRuns(1);
    together = await undisturbedRuns(256);
  });

  test("undisturbed, each window is told once and what was held is part of it", () => {
    const { windows, members, deliveries, lines } = (alone[0] ?? nothing()).remains;
    expect(windows.map(([, { kind, state, count, status }]) => [kind, state, count, status])).toEqual([
      ["flap", "flushed", 2, "pending"],
      ["group", "flushed", 3, "pending"],
      ["digest", "flushed", 5, "pending"],
      ["quiet", "flushed", HELD, "pending"],
    ]);
    expect(windows.map(([id]) => members[id]?.length)).toEqual([2, 3, 5, HELD]);
    const statuses = Map.groupBy(deliveries, ([, { status }]: readonly [string, Delivery]) => status);
    const counts = Object.fromEntries([...statuses].map(([status, all]) => [status, all.length]));
    expect(counts).toEqual({ coalesced: HELD + 2 * 5 + 3, debounced: 2, digested: 5, sent: 1 });
    expect([...arrivals(alone[0]?.mails ?? []).values()].map((all) => all.length)).toEqual([1, 1, 1, 1, 1]);
    const steps = toldOf(lines).flatMap((one) => ("step" in one ? [one.step] : []));
    expect(
      steps
        .filter(({ did }) => did === "flush")
        .map(({ window }) => window)
        .toSorted(),
    ).toEqual(windows.map(([id]) => id));
    expect(asIfUndisturbed((together[0] ?? nothing()).remains)).toEqual(
      asIfUndisturbed((alone[0] ?? nothing()).remains),
    );
  });

  test("before each statement of a flush, a release and each step of settling, each a transaction of its own", async () => {
    const points = pointsOf(alone).filter((point) =>
      /^(?:digest-flush\(digest:default:hourly|quiet|member)/.test(point),
    );
    expect(points.length).toBeGreaterThan(45);
    await killAtEach(points, 1, alone);
  }, 120_000);

  test("before each statement of the transaction that ends all of them", async () => {
    const points = pointsOf(together).filter((point) => !/ send\(|^attempt\(/.test(point));
    expect(new Set(points.map((point) => point.replace(/ \d+$/, ""))).size).toBe(1);
    expect(points.length).toBeGreaterThan(40);
    await killAtEach(points, 256, together);
  }, 120_000);

  test("before and after each send, and before each statement that records it", async () => {
    const points = pointsOf(together).filter((point) =>
      /^(?:.* send|attempt)\(digest:default:(?:night|hourly):/.test(point),
    );
    expect(points.length).toBeGreaterThan(20);
    await killAtEach(points, 256, together);
  }, 120_000);
});
