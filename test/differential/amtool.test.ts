import { execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { matcherMatches, MatcherText, parseMatchers } from "../../src/core/label-matcher.ts";
import { hasPeer } from "../support/peers.ts";

// Our matchers against Alertmanager's own (0.25: the classic grammar), over random matchers and label sets.
const run = promisify(execFile);
const ROUTES = 50;
const ROUTE_SETS = 40;
const SILENCES = 500;
const ALERTS = 20;

type Labels = Readonly<Record<string, string>>;

const name = fc.constantFrom("a", "b", "c", "_d", "E2");
const op = fc.constantFrom("=", "!=", "=~", "!~");
const value = fc.constantFrom(
  "",
  "x",
  "y",
  "xy",
  "X",
  "x y",
  "x.y",
  "xxy",
  "12",
  "ü",
  "🙂",
  'q"t',
  "b\\s",
  "l\nf",
  "x,y",
  "{x}",
  "=x",
  "~",
);
const labelsArb: fc.Arbitrary<Labels> = fc.dictionary(name, value, { maxKeys: 4 });
const part = fc.constantFrom(
  "x",
  "y",
  ".",
  ".*",
  ".+",
  "[xy]",
  "(x|y)",
  "x|",
  "|y",
  "y?",
  "x*",
  "\\.",
  "\\d+",
  "(?i:x)",
  "^",
  "$",
  "(?s).",
  "ü",
  "[^x]",
  "x{1,2}",
  "\\w",
  "(x y)",
  "\\n",
  "🙂?",
);
const patternArb = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(""));

interface Parts {
  readonly name: string;
  readonly op: string;
  readonly value: string;
}
const partsArb: fc.Arbitrary<Parts> = fc
  .tuple(name, op, value, patternArb)
  .map(([key, how, text, pattern]) => ({ name: key, op: how, value: how.endsWith("~") ? pattern : text }));

/** The ways in which people write a value. */
const writtenArb = fc
  .tuple(partsArb, fc.constantFrom("quoted", "bare", "spaced", "sloppy"))
  .map(([{ name: key, op: how, value: text }, style]) => {
    if (style === "bare" && !/[",{}\n\\]|^\s|\s$/.test(text)) return `${key}${how}${text}`;
    if (style === "spaced") return ` ${key} ${how}  ${quoted(text)} `;
    if (style === "sloppy") return `${key}${how}"${text.replaceAll('"', '\\"')}"`; // backslashes as they come
    return `${key}${how}${quoted(text)}`;
  });

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function isMatched(matchers: readonly string[], labels: Labels): boolean {
  for (const text of matchers) expect(MatcherText.safeParse(text).error?.issues, text).toBeUndefined();
  return parseMatchers(matchers).every((matcher) => matcherMatches(matcher, labels));
}

function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-amtool-"));
  return work(folder).finally(() => fs.rmSync(folder, { recursive: true }));
}

/** The routes that amtool picks for labels. */
async function routesOf(folder: string, routes: readonly (readonly string[])[], labels: Labels): Promise<string[]> {
  const file = path.join(folder, "config.yml"); // JSON is YAML
  const receivers = [{ name: "none" }, ...routes.map((_, at) => ({ name: `r${at}` }))];
  const children = routes.map((matchers, at) => ({ receiver: `r${at}`, continue: true, matchers }));
  fs.writeFileSync(file, JSON.stringify({ route: { receiver: "none", routes: children }, receivers }));
  const set = Object.entries(labels).map(([key, text]) => `${key}=${quoted(text)}`);
  const { stdout } = await run("amtool", ["config", "routes", "test", `--config.file=${file}`, ...set]);
  return stdout.trim().split(",");
}

test.runIf(hasPeer("amtool"))("2,000 routing cases: amtool picks the routes that our matchers pick", async () => {
  const sets = fc.sample(
    fc.tuple(
      fc.array(fc.array(writtenArb, { minLength: 1, maxLength: 3 }), { minLength: ROUTES, maxLength: ROUTES }),
      labelsArb,
    ),
    { numRuns: ROUTE_SETS, seed: 25 },
  );
  let cases = 0;
  let picked = 0;
  await inFolder(async (folder) => {
    for (const [routes, labels] of sets) {
      const ours = routes.flatMap((matchers, at) => (isMatched(matchers, labels) ? [`r${at}`] : []));
      expect(await routesOf(folder, routes, labels), JSON.stringify(labels)).toEqual(ours.length > 0 ? ours : ["none"]);
      cases += routes.length;
      picked += ours.length;
    }
  });
  expect(cases).toBe(2000);
  expect(picked).toBeGreaterThan(300);
});

test.runIf(hasPeer("amtool"))("what amtool refuses as a matcher, we refuse", async () => {
  const bad = ["a", "=x", "a!x", 'a="x', 'a="x"y', "a=~(", "a=~[z-a]", 'a=x"y', "a=~x**", "a=~(?=x)"];
  await inFolder(async (folder) => {
    for (const text of bad) {
      expect(MatcherText.safeParse(text).success, text).toBe(false);
      await expect(routesOf(folder, [[text]], {}), text).rejects.toThrow();
    }
  });
});

const Posted = z.object({ silenceID: z.string() });
const Seen = z.array(
  z.object({ labels: z.record(z.string(), z.string()), status: z.object({ silencedBy: z.array(z.string()) }) }),
);

/** A running Alertmanager on the loopback interface; `work` is given its API's address. */
async function withAlertmanager(folder: string, work: (api: string) => Promise<void>): Promise<void> {
  const file = path.join(folder, "config.yml");
  fs.writeFileSync(file, JSON.stringify({ route: { receiver: "none" }, receivers: [{ name: "none" }] }));
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${file}`,
      `--storage.path=${folder}/data`,
      "--web.listen-address=127.0.0.1:0",
      "--cluster.listen-address=",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let told = "";
      child.once("error", reject);
      child.once("close", () => reject(new Error(`Alertmanager ended: ${told}`)));
      child.stderr.on("data", (chunk: Buffer) => {
        told += chunk.toString();
        const found = /msg="Listening on" address=(127\.0\.0\.1:\d+)/.exec(told)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    await work(`http://${address}/api/v2`);
  } finally {
    child.kill();
    await ended;
  }
}

async function post(url: string, body: unknown): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text} for ${JSON.stringify(body)}`);
  return text;
}

/** Matchers of one silence; Alertmanager wants one that the empty text does not pass, so a last one sees to that. */
const silenceArb = fc
  .array(partsArb, { minLength: 1, maxLength: 3 })
  .map((parts) => [...parts, { name: "job", op: "!=", value: "" }]);

test.runIf(hasPeer("prometheus-alertmanager"))(
  "500 silences: Alertmanager mutes the alerts that our matchers mute",
  async () => {
    const silences = fc.sample(silenceArb, { numRuns: SILENCES, seed: 26 });
    const alerts = fc
      .sample(labelsArb, { numRuns: ALERTS, seed: 27 })
      .map((labels, at) => ({ ...labels, job: `j${at}` }));
    const startsAt = new Date(Date.now() - 1000).toISOString();
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    let muted = 0;
    await inFolder((folder) =>
      withAlertmanager(folder, async (api) => {
        const ids: string[] = [];
        for (const parts of silences) {
          const matchers = parts.map((one) => ({
            name: one.name,
            value: one.value,
            isRegex: one.op.endsWith("~"),
            isEqual: one.op.startsWith("="),
          }));
          const silence = {
            matchers,
            startsAt: new Date(Date.now() + 5).toISOString(),
            endsAt,
            createdBy: "test",
            comment: "-",
          };
          ids.push(Posted.parse(JSON.parse(await post(`${api}/silences`, silence))).silenceID);
        }
        await post(
          `${api}/alerts`,
          alerts.map((labels) => ({ labels, startsAt, endsAt })),
        );
        await new Promise((resolve) => setTimeout(resolve, 50));
        const seen = Seen.parse(await (await fetch(`${api}/alerts`)).json());
        expect(seen).toHaveLength(ALERTS);
        for (const { labels, status } of seen) {
          const texts = (parts: readonly Parts[]): string[] =>
            parts.map((one) => `${one.name}${one.op}${quoted(one.value)}`);
          const ours = ids.filter((_, at) => isMatched(texts(silences[at] ?? []), labels));
          expect(status.silencedBy.toSorted(), JSON.stringify(labels)).toEqual(ours.toSorted());
          muted += ours.length;
        }
      }),
    );
    expect(muted).toBeGreaterThan(300);
  },
);
