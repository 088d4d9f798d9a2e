import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { openSite } from "../../src/app.ts";
import { type Client, createClient, type Exchange } from "../../src/cli/client.ts";
import { inProcess } from "../../src/cli/connect.ts";
import { checkLedger } from "../../src/cli/doctor-checks.ts";
import { judge } from "../../src/cli/ledger.ts";
import { keyOfGenesis, type LogReport, logsOf, verifyLog } from "../../src/cli/ledger-read.ts";
import { readSettings } from "../../src/config.ts";
import { entryBundle, parseEntryBundle } from "../../src/core/tile.ts";
import { makeCliSite } from "../support/cli-site.ts";
import { cli } from "../support/cli.ts";

const event = (id: string): object => ({
  specversion: "1.0",
  id,
  source: "/test",
  type: "test.some",
  severitytext: "critical",
});
const EVENT = JSON.stringify(event("1"));
const silent = {
  stdout: () => undefined,
  stderr: () => undefined,
  stdin: () => new ReadableStream<Uint8Array>(),
  env: {},
  stop: new AbortController().signal,
  isTTY: false,
};

const Listed = z.object({ items: z.array(z.unknown()) });

type Answered = Awaited<ReturnType<Exchange>>;
type Tamper = (path: string, answer: Answered) => Answered;

/** A site with an event, whose answers somebody changes on the way. */
async function clientOf(tamper: Tamper, more = 0): Promise<{ client: Client; delivery: string }> {
  const { dir } = await makeCliSite();
  const posted = await cli(["events", "post", "-", "--data", dir], { stdin: EVENT });
  if (more > 0)
    await cli(["events", "post", "-", "--data", dir], {
      stdin: JSON.stringify(Array.from({ length: more }, (_, at) => event(`more-${at}`))),
    });
  const site = await openSite({ dir, settings: readSettings({}), io: silent });
  onTestFinished(() => site.close());
  const transport = inProcess(dir, site);
  const exchange: Exchange = async (asked) => tamper(asked.path, await transport.exchange(asked));
  return {
    client: createClient({ ...transport, exchange }, "default"),
    delivery: /dl_[a-z0-9]+/.exec(posted.out)?.[0] ?? "",
  };
}

async function verdictOf(tamper: Tamper, more = 0): Promise<LogReport> {
  const { client } = await clientOf(tamper, more);
  const log = (await logsOf(client, "default")).find(({ tenant }) => tenant === "default");
  if (log === undefined) throw new Error("no log");
  return await verifyLog(client, log, keyOfGenesis);
}

const bytes = (answer: Answered, text: string | Uint8Array): Answered => ({
  ...answer,
  bytes: typeof text === "string" ? Buffer.from(text) : text,
});
const textOf = (answer: Answered): string => Buffer.from(answer.bytes).toString("utf8");

/** Changes the leaves on the way. */
const leaves =
  (change: (lines: string[]) => string[]): Tamper =>
  (path, answer) =>
    path.includes("/tile/entries/") ? bytes(answer, entryBundle(change(parseEntryBundle(answer.bytes)))) : answer;

test("an honest server's log verifies, and each commitment is opened: the event's and each addressee's", async () => {
  const { client } = await clientOf((_path, answer) => answer);
  const [log] = (await logsOf(client, "default")).filter(({ tenant }) => tenant === "default");
  if (log === undefined) throw new Error("no log");
  const listed = Listed.parse((await client.request("GET", "/deliveries")).json());
  const report = await verifyLog(client, log, keyOfGenesis);
  expect(report).toMatchObject({ ok: true, opened: 1 + listed.items.length, root: expect.any(String) });
  expect(report.opened).toBeGreaterThan(1);
});

describe("a server that lies is found out", () => {
  test.each<[string, Tamper, object]>([
    [
      "one leaf says something else",
      leaves((lines) => lines.map((line) => line.replace("test.some", "test.none").replace('"pending"', '"dropped"'))),
      { code: "root" },
    ],
    [
      "a leaf is left out, another stands twice",
      leaves((lines) => [...lines.slice(0, -1), lines[0] ?? ""]),
      { code: "place" },
    ],
    ["fewer leaves than the checkpoint says", leaves((lines) => lines.slice(0, -1)), { code: "unreadable" }],
    ["leaves that are no leaves", leaves((lines) => lines.map(() => "{}")), { code: "unreadable" }],
    [
      "a bundle that is cut",
      (path, answer) => (path.includes("/tile/") ? bytes(answer, answer.bytes.subarray(0, -1)) : answer),
      { code: "unreadable" },
    ],
    [
      "a signature that is not the key's",
      (path, answer) =>
        path.endsWith("/checkpoint")
          ? bytes(
              answer,
              textOf(answer).replace(
                /(— \S+-default \S{10})(.)/,
                (_line, before: string, letter: string) => `${before}${letter === "A" ? "B" : "A"}`,
              ),
            )
          : answer,
      { ok: false },
    ],
    [
      "a checkpoint of another log",
      (path, answer) =>
        path.endsWith("/checkpoint") ? bytes(answer, textOf(answer).replace("-default\n", "-other\n")) : answer,
      { code: "note" },
    ],
    [
      "an opening that tells another value",
      (path, answer) =>
        path.includes("/openings") ? bytes(answer, textOf(answer).replace("test.some", "test.none")) : answer,
      { code: "opening", why: "the event is not what the leaf committed to" },
    ],
    [
      "an opening of a leaf that was not asked for",
      (path, answer) =>
        path.includes("/openings") ? bytes(answer, textOf(answer).replaceAll(/"seq":\d+/g, '"seq":999')) : answer,
      { code: "opening", seq: 999 },
    ],
    [
      "an opening with another salt",
      (path, answer) =>
        path.includes("/openings") ? bytes(answer, textOf(answer).replace(/"salt":"[^"]{4}/, '"salt":"AAAA')) : answer,
      { code: "opening" },
    ],
    [
      "a checkpoint of nothing",
      (path, answer) =>
        path.endsWith("/checkpoint")
          ? bytes(answer, textOf(answer).replace(/\n\d+\n.*\n/, "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"))
          : answer,
      { ok: false },
    ],
  ])("%s", async (_what, tamper, verdict) => {
    expect(await verdictOf(tamper)).toMatchObject({ ok: false, ...verdict });
  });

  test("doctor tells which log, and what to do", async () => {
    const { client } = await clientOf(leaves((lines) => lines.map((line) => line.replace('"pending"', '"dropped"'))));
    const findings = await checkLedger(client, "default");
    expect(findings.find(({ name }) => name === "ledger default")).toMatchObject({
      verdict: "fail",
      advice: expect.stringContaining("restore a backup"),
    });
  });
});

describe("an opening that is missing", () => {
  const OpeningsBody = z.looseObject({ items: z.array(z.looseObject({ field: z.string() })) });
  const without =
    (field: string): Tamper =>
    (path, answer) => {
      if (!path.includes("/openings")) return answer;
      const { items } = OpeningsBody.parse(JSON.parse(textOf(answer)));
      return bytes(answer, JSON.stringify({ items: items.filter((one) => one.field !== field) }));
    };

  test.each(["event", "recipient"])("of an %s is told with its leaf", async (field) => {
    const { ok, code, seq, why, size } = await verdictOf(without(field));
    expect({ ok, code }).toEqual({ ok: false, code: "opening" });
    expect(why).toMatch(new RegExp(`^the ${field}.* is missing, and no erasure tells why$`));
    expect(seq).toBeGreaterThan(0);
    expect(seq).toBeLessThan(size);
  });

  test("without its value opens nothing", async () => {
    const report = await verdictOf((path, answer) =>
      path.includes("/openings")
        ? bytes(answer, textOf(answer).replaceAll(/,?"value":"(?:[^"\\]|\\.)*"/g, ""))
        : answer,
    );
    expect(report).toMatchObject({ ok: false, code: "opening", opened: 0 });
  });
});

/** Cuts each answer after its first leaf, as a server does where they are large. */
const cutShort =
  (nextOf: (seq: number) => number): Tamper =>
  (path, answer) => {
    if (!path.includes("/openings")) return answer;
    const { items } = z
      .object({ items: z.array(z.looseObject({ seq: z.number() })) })
      .parse(JSON.parse(textOf(answer)));
    const first = items[0]?.seq ?? 0;
    const rest = items.find(({ seq }) => seq > first);
    if (rest === undefined) return answer;
    const kept = items.filter(({ seq }) => seq === first);
    return bytes(answer, JSON.stringify({ items: kept, next: nextOf(rest.seq) }));
  };

describe("openings that come in several answers", () => {
  test("are asked for on and on", async () => {
    const honest = await verdictOf((_path, answer) => answer, 2);
    expect(
      await verdictOf(
        cutShort((seq) => seq),
        2,
      ),
    ).toMatchObject({ ok: true, opened: honest.opened });
  });

  test.each<[string, (seq: number) => number]>([
    ["goes back", () => 0],
    ["goes beyond what was asked for", () => 9999],
  ])("a server whose next one %s is not followed", async (_what, nextOf) => {
    expect(await verdictOf(cutShort(nextOf), 2)).toMatchObject({ ok: false, code: "unreadable" });
  });
});

test("who may not see openings is told of none", async () => {
  const viewer = await verdictOf((path, answer) => (path.includes("/openings") ? { ...answer, status: 403 } : answer));
  expect(viewer).toMatchObject({ ok: true, opened: 0 });
});

test("a server error is an error, no verdict", async () => {
  await expect(
    verdictOf((path, answer) => (path.includes("/tile/") ? { ...answer, status: 500 } : answer)),
  ).rejects.toThrow(expect.objectContaining({ code: "problem" }));
});

test("a log whose first leaf names no key has none to be verified by", async () => {
  const { client } = await clientOf((_path, answer) => answer);
  const [log] = await logsOf(client, "default");
  if (log === undefined) throw new Error("no log");
  const second = parseEntryBundle(
    (await client.request("GET", `/ledger/${log.origin}/tile/entries/000.p/2`, { tenant: log.tenant })).bytes,
  )[1];
  expect(() => keyOfGenesis(log, second ?? "")).toThrow(expect.objectContaining({ code: "refused" }));
});

describe("a receipt", () => {
  test("proves one delivery, and no other; a changed one proves nothing", async () => {
    const { client, delivery } = await clientOf((_path, answer) => answer);
    const proof = (await client.request("GET", `/deliveries/${delivery}/receipt`)).text();
    const [log] = (await logsOf(client, "default")).filter(({ tenant }) => tenant === "default");
    const genesis = parseEntryBundle(
      (await client.request("GET", `/ledger/${log?.origin}/tile/entries/000.p/1`)).bytes,
    )[0];
    const key = z.object({ body: z.object({ key: z.string() }) }).parse(JSON.parse(genesis ?? "")).body.key;
    expect(judge(delivery, proof, key)).toMatchObject({ ok: true, type: "event.decision", status: "pending" });
    expect(judge("dl_other", proof, key)).toEqual({ ok: false, why: "the leaf does not tell of dl_other" });
    expect(judge(delivery, proof.replace("index ", "index 1"), key)).toMatchObject({ ok: false });
  });
});
