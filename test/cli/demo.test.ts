import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import type { Client } from "../../src/cli/client.ts";
import { createClient } from "../../src/cli/client.ts";
import { arrived, expectMails, settled } from "../../src/cli/demo-events.ts";
import { changedKit } from "../../src/cli/demo-kit.ts";
import { createRelay } from "../../src/cli/demo-relay.ts";
import { STEPS } from "../../src/cli/demo-steps.ts";
import { createWorld, type World } from "../../src/cli/demo-world.ts";
import { readSettings } from "../../src/config.ts";
import { temporaryFolder } from "../support/folder.ts";

/** A client whose server gives one answer to everything. */
function clientOf(body: object): Client {
  return createClient(
    {
      place: "test",
      isLocal: true,
      exchange: async () => ({ status: 200, headers: new Headers(), bytes: Buffer.from(JSON.stringify(body)) }),
      close: async () => undefined,
    },
    "default",
  );
}

/** A world whose server answers every question about a delivery with one status, and whose relay has no mail. */
function worldWithout(status: string): World {
  const client = clientOf({ id: "dl_1", status, channel: "c", severity: "high", attempts: 0, createdAt: "" });
  const io = {
    stdout: () => undefined,
    stderr: () => undefined,
    stdin: () => new ReadableStream<Uint8Array>(),
    env: {},
    stop: new AbortController().signal,
    isTTY: false,
  };
  return { ...createWorld(path.join(temporaryFolder(), "site"), readSettings({}), io), local: () => client };
}

describe("what the demo would not take for held", () => {
  const seen = { events: [], expected: new Set(["dl_1"]) };

  test("a mail that does not come is told with what the site says of it", async () => {
    await expect(arrived(worldWithout("sent"), seen, 50)).rejects.toThrow(
      "1 of 1 deliveries have no mail, the first is dl_1 (sent), after 0.05 s",
    );
  });

  test("a delivery that is never recorded as sent", async () => {
    await expect(settled(worldWithout("pending"), seen, 50)).rejects.toThrow("delivery dl_1 is not recorded as sent");
  });

  test("a server that was killed when all mails had gone out", async () => {
    const step = STEPS.find(({ name }) => name === "kill-in-mid-delivery");
    const play = (sent: number): Promise<unknown> => {
      const done: string[] = [];
      const world: World = {
        ...worldWithout("sent"),
        remote: () => clientOf({ accepted: 3, duplicates: 0, events: [{ id: "ev_1", duplicate: false, deliveries }] }),
        mailCount: () => (done.push("look") === 1 ? 0 : sent),
        mails: () => new Map(deliveries.map(({ id }) => [id, []])),
        end: async () => ({ code: null, signal: "SIGKILL" }),
        serve: async () => void done.push("serve"),
      };
      return step?.play(world, { events: [], expected: new Set() }) ?? Promise.resolve();
    };
    const deliveries = ["dl_1", "dl_2", "dl_3"].map((id) => ({ id, status: "pending" }));
    await expect(play(3)).rejects.toThrow("all 3 mails had gone out before the server was killed");
  });

  test("a server that does not run answers nobody", async () => {
    const world = worldWithout("sent");
    expect(() => world.remote()).toThrow("the server does not run");
    await expect(world.end("SIGKILL")).rejects.toThrow("the server does not run");
    await world.close();
  });
});

test("only pending deliveries are expected at the relay", () => {
  const expected = new Set<string>();
  const deliveries = [
    { id: "dl_1", status: "pending" },
    { id: "dl_2", status: "dropped" },
  ];
  expect(
    expectMails(
      { accepted: 1, duplicates: 0, events: [{ id: "ev_1", duplicate: false, deliveries }] },
      { events: [], expected },
    ),
  ).toBe(1);
  expect([...expected]).toEqual(["dl_1"]);
});

test("a kit without the words to change is told", () => {
  const file = path.join(temporaryFolder(), "some.kit.tar");
  fs.writeFileSync(file, "nothing");
  expect(() => changedKit(file)).toThrow('the starter kit does not hold "Operations by mail"');
});

test("the relay comes back on its port, and knows folded and missing headers", async () => {
  const inbox = path.join(temporaryFolder(), "inbox");
  const relay = createRelay(inbox);
  expect([relay.mailCount(), relay.mails().size]).toEqual([0, 0]);
  const port = await relay.openRelay();
  await relay.closeRelay();
  expect(await relay.openRelay()).toBe(port);
  fs.writeFileSync(
    path.join(inbox, "000001-aaaaaaaa.eml"),
    "Sealpost-Delivery: dl_1\r\nSEALPOST-LEDGER: origin 5\r\n root\r\n\r\nSealpost-Delivery: no\r\n",
  );
  fs.writeFileSync(path.join(inbox, "000002-bbbbbbbb.eml"), "Subject: none\r\n\r\n");
  expect(relay.mailCount()).toBe(2);
  expect([...relay.mails()]).toEqual([
    ["dl_1", [{ delivery: "dl_1", ledger: "origin 5 root" }]],
    ["", [{ delivery: "", ledger: "" }]],
  ]);
  await relay.remove();
  expect(fs.existsSync(inbox)).toBe(false);
});
