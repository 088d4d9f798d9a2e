import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";
import { cli, type Done } from "../support/cli.ts";
import { temporaryFolder } from "../support/site.ts";

const Posted = z.object({
  accepted: z.number(),
  duplicates: z.number(),
  events: z.array(z.looseObject({ id: z.string() })),
});

const folder = temporaryFolder();
const dir = path.join(folder.dir, "site");

beforeAll(async () => {
  const init = await cli(["init", "--data", dir, "--site", "plant-7"]);
  expect(init.code, init.err).toBe(0);
  return folder.remove;
});

let made = 0;
function lines(count: number, more: Readonly<Record<string, unknown>> = {}): string[] {
  return Array.from({ length: count }, () =>
    JSON.stringify({ specversion: "1.0", id: `n-${++made}`, source: "/s", type: "t", severitytext: "info", ...more }),
  );
}
async function post(stdin: string, ...flags: readonly string[]): Promise<Done> {
  return await cli(["events", "post", "-", ...flags, "--data", dir], { stdin });
}
function posted(done: Done): z.infer<typeof Posted> {
  expect(done.code, done.err).toBe(0);
  return Posted.parse(JSON.parse(done.out));
}

describe("events one a line", () => {
  test("go in batches of a thousand at most", async () => {
    const { accepted, events } = posted(await post(`\n${lines(2300).join("\r\n")}\n\n`, "--json"));
    expect(accepted).toBe(2300);
    expect(events).toHaveLength(2300);
  });

  test("go in batches of a mebibyte at most", async () => {
    const large = lines(12, { data: { text: "x".repeat(100_000) } });
    expect(posted(await post(large.join("\n"), "--json")).accepted).toBe(12);
  });

  test("may be one", async () => {
    const [line = ""] = lines(1);
    expect(posted(await post(line, "--json"))).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(posted(await post(`${line}\n`, "--json"))).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  test("are told as counts where they are many", async () => {
    const done = await post(lines(150).join("\n"));
    expect(done.out).toContain("150 accepted, 0 known already\ndeliveries: ");
  });

  test.each([
    ["is no JSON", '{"a":}'],
    ["is no object", "[1]"],
    ["holds a key twice", '{"a":1,"a":2}'],
  ])("one that %s is named by its number, after those before it were sent", async (_what, bad) => {
    const done = await post([...lines(3), "", bad, ...lines(2)].join("\n"), "--json");
    expect(done).toMatchObject({ code: 1, out: "" });
    expect(done.err).toContain("line 5");
    expect(done.err).toContain("up to line 3 all was sent: 3 accepted, 0 known already");
  });

  test("one that the server refuses is named by its number, and its batch is not taken", async () => {
    const all = [...lines(1000), "", ...lines(3), ...lines(1, { type: "" }), ...lines(2)];
    const done = await post(all.join("\n"));
    expect(done.code).toBe(1);
    expect(done.err).toContain("line 1005 /type:");
    expect(done.err).toContain("up to line 1000 all was sent: 1000 accepted, 0 known already");
    expect(posted(await post(lines(1).join("\n"), "--json")).accepted).toBe(1);
  });

  test("a first one that is bad says that nothing was sent", async () => {
    const done = await post(['{"a":}', ...lines(1)].join("\n"));
    expect(done.err).toContain("line 1: ");
    expect(done.err).toContain("nothing was sent before it");
  });
});

function pretty(text: string): string {
  return JSON.stringify(JSON.parse(text), null, 2);
}

describe("a document", () => {
  test("over several lines is one event or a batch", async () => {
    const [one = "", two = ""] = lines(2);
    expect(posted(await post(pretty(one), "--json")).accepted).toBe(1);
    expect(posted(await post(`[${pretty(one)},\n${pretty(two)}]`, "--json"))).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    expect(posted(await post("[]", "--json")).accepted).toBe(0);
  });

  test.each([
    ["nothing", ""],
    ["half a document", '{\n  "a":'],
  ])("that is %s fails with what is wrong", async (_what, text) => {
    expect(await post(text)).toMatchObject({ code: 1, out: "" });
  });

  test("that is not there is named", async () => {
    const done = await cli(["events", "post", "/no/such/file", "--data", dir]);
    expect(done).toMatchObject({ code: 1 });
    expect(done.err).toContain("there is no /no/such/file");
  });
});

describe("one event by flags", () => {
  test("is posted with its labels and data", async () => {
    const words = [
      "events",
      "post",
      "--type",
      "com.example.x",
      "--source",
      "/cli",
      "--severity",
      "warning",
      "--subject",
      "pump",
    ];
    const done = await cli([
      ...words,
      "--event-data",
      '{"free":3}',
      "--label",
      "host=db=1",
      "--label",
      "a=b",
      "--json",
      "--data",
      dir,
    ]);
    const [event] = posted(done).events;
    const shown = await cli(["events", "show", event?.id ?? "", "--json", "--data", dir]);
    expect(JSON.parse(shown.out)).toMatchObject({
      type: "com.example.x",
      source: "/cli",
      severity: "medium",
      subject: "pump",
      labels: { host: "db=1", a: "b" },
      data: { free: 3, labels: { host: "db=1", a: "b" } },
    });
  });

  test.each([
    [["events", "post"]],
    [["events", "post", "f", "--type", "t"]],
    [["events", "post", "--type", "t", "--label", "nothing"]],
    [["events", "post", "--type", "t", "--event-data", "{"]],
    [["events", "post", "--type", "t", "--event-data", "1", "--label", "a=b"]],
  ])("%j is wrong usage", async (words) => {
    expect(await cli([...words, "--data", dir])).toMatchObject({ code: 2, out: "" });
  });
});

/** A server that answers what it is told to, one after the other. */
async function serving(
  answers: readonly { readonly status: number; readonly wait?: string }[],
): Promise<{ url: string; asked: () => number; close: () => void }> {
  let asked = 0;
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => {
      const { status, wait } = answers[Math.min(asked++, answers.length - 1)] ?? { status: 500 };
      const body = status === 202 ? { accepted: 1, duplicates: 0, events: [] } : { code: "busy", detail: "busy" };
      response.writeHead(status, {
        "content-type": "application/json",
        ...(wait === undefined ? {} : { "retry-after": wait }),
      });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = server.address();
  const port = typeof at === "object" && at !== null ? at.port : 0;
  return { url: `http://127.0.0.1:${port}`, asked: () => asked, close: () => void server.close() };
}

describe("a server that is busy", () => {
  test.each([
    ["is asked again when it says so", [{ status: 429, wait: "0" }, { status: 503, wait: "0" }, { status: 202 }], 0, 3],
    ["is not waited for beyond the patience", [{ status: 503, wait: "3600" }, { status: 202 }], 1, 1],
    ["that does not say when is not asked again", [{ status: 503 }, { status: 202 }], 1, 1],
  ] as const)("%s", async (_what, answers, code, count) => {
    const server = await serving(answers);
    const done = await cli(["events", "post", "-", "--json"], {
      stdin: lines(1).join(""),
      env: { SEALPOST_URL: server.url, SEALPOST_TOKEN: "spk_x_y" },
    });
    server.close();
    expect(done.code, done.err).toBe(code);
    expect(server.asked()).toBe(count);
  });
});

describe("the bar", () => {
  const file = path.join(folder.dir, "many.ndjson");
  async function seen(isErrorTTY: boolean, ...flags: readonly string[]): Promise<{ out: string; err: string }> {
    fs.writeFileSync(file, lines(1200).join("\n"));
    const at = { out: "", err: "" };
    const io: Io = {
      stdout: (text) => void (at.out += text),
      stderr: (text) => void (at.err += text),
      stdin: () => ReadableStream.from([]),
      env: {},
      stop: new AbortController().signal,
      isTTY: false,
      isErrorTTY,
    };
    expect(await run(["events", "post", file, ...flags, "--data", dir], io)).toBe(0);
    return at;
  }
  test("is shown on stderr of a terminal alone", async () => {
    const at = await seen(true);
    expect(at.err).toContain("events");
    expect(at.out).toMatch(/^1200 accepted/);
    expect((await seen(false)).err).toBe("");
    expect((await seen(true, "--json")).err).toBe("");
  });
});
