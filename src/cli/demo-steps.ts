/**
 * The steps of the demo, in order; each proves one thing or throws.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { JsonObject } from "../core/json.ts";
import { logVerifierKey, readNoteKey } from "../signing/checkpoint.ts";
import { dataDir } from "../system/data-dir.ts";
import { readPrivateFile } from "../system/files.ts";
import { sleep } from "../system/timeout.ts";
import { demand } from "./client.ts";
import { arrived, expectMails, post, sampleEvents, type Seen, settled, storm } from "./demo-events.ts";
import { changedKit, nextStarterKit } from "./demo-kit.ts";
import { kitSteps } from "./demo-kit-steps.ts";
import { ensure, kitBody, refusalCode, stateOf, type Step } from "./demo-step.ts";
import { until, type World } from "./demo-world.ts";
import { CliError } from "./error.ts";
import { judge } from "./ledger.ts";
import { logsOf, verifyLog } from "./ledger-read.ts";
import { services } from "./services.ts";
import { ConfigAnswer, DeliveryRow, KitList, PlannedKit, read } from "./wire.ts";

const SITE = "demo";
/** Events that are on their way when the server is killed: far more than go out between two looks at the relay. */
const STORM = 200;
const WHILE_DOWN = 5;

export const STEPS: readonly Step[] = [
  { name: "init", proves: "one command makes a site: private folder, keys, two logs, a token", play: init },
  {
    name: "starter-kit",
    proves: "the starter content came in through the same door as any signed kit",
    play: starterKit,
  },
  { name: "changed-kit-refused", proves: "one changed byte in a kit is found, and changes nothing", play: refusedKit },
  {
    name: "ten-events",
    proves: "ten different events are decided and on disk before they are answered",
    play: tenEvents,
  },
  {
    name: "mails-arrive",
    proves: "each delivery reaches the relay over SMTP, with the ledger's head in its header",
    play: mailsArrive,
  },
  {
    name: "relay-down-and-back",
    proves: "while the relay is away nothing fails; when it is back everything arrives",
    play: relayDown,
  },
  {
    name: "kill-in-mid-delivery",
    proves: "SIGKILL while mails go out, then a restart: nothing that was acknowledged is lost",
    play: kill,
  },
  {
    name: "duplicates",
    proves: "events that are sent again get their first receipts, and no second mail",
    play: duplicates,
  },
  ...kitSteps(SITE),
  {
    name: "ledger-verified",
    proves: "every leaf of every log is as it was signed, and opens to what was stored",
    play: ledger,
  },
  {
    name: "receipt-proven",
    proves: "the receipt of one delivery stands by itself: leaf, path, signed root",
    play: receipt,
  },
  { name: "stop", proves: "SIGTERM ends the server cleanly", play: stop },
];

async function init(world: World): Promise<JsonObject> {
  const { initSite } = await services();
  const made = await initSite({ dir: world.dir, site: SITE, settings: world.settings, io: world.io });
  world.token = made.token;
  await world.serve();
  return { site: made.site, logs: [...made.origins] };
}

async function starterKit(world: World): Promise<JsonObject> {
  const kits = read(KitList, await world.local().request("GET", "/kits")).value.items;
  const starter = kits.find(({ stream }) => stream === `${SITE}/starter`);
  const { objects } = read(ConfigAnswer, await world.local().request("GET", "/config")).value;
  ensure(starter?.sequence === 1 && objects.length > 0, "the starter kit is not there");
  return { stream: `${SITE}/starter`, manifest: starter?.manifest ?? "", objects: objects.length };
}

async function refusedKit(world: World): Promise<JsonObject> {
  const before = await stateOf(world);
  const { items } = read(KitList, await world.local().request("GET", "/kits")).value;
  const good = await nextStarterKit(world.dir, items[0]?.manifest ?? "");
  const bad = changedKit(good);
  const site = world.local();
  const code = await refusalCode(() => site.request("POST", "/kits/import", kitBody(bad)).then(demand));
  const after = await stateOf(world);
  ensure(JSON.stringify(before) === JSON.stringify(after), "a refused kit changed the site's configuration");
  const taken = read(PlannedKit, await site.request("POST", "/kits/import", kitBody(good))).value;
  ensure(taken.sequence === 2, "the kit as it was built was not taken in");
  for (const file of [good, bad]) fs.rmSync(file);
  return { code, exit: 3, unchanged: true, "as-built": "taken in" };
}

async function tenEvents(world: World, seen: Seen): Promise<JsonObject> {
  const port = await world.openRelay();
  const values = {
    host: "127.0.0.1",
    port: String(port),
    from: "sealpost@demo.example",
    to: "operations@demo.example",
  };
  demand(await world.local().request("POST", "/channels/ops-mail/bind", { json: { values } }));
  const receipts = await post(world, sampleEvents());
  ensure(receipts.accepted === 10 && receipts.duplicates === 0, `${receipts.accepted} of 10 events accepted`);
  seen.events = receipts.events.map(({ id }) => id);
  const count = expectMails(receipts, seen);
  ensure(count > 0, "no event led to a delivery");
  return { events: receipts.accepted, deliveries: count };
}

async function mailsArrive(world: World, seen: Seen): Promise<JsonObject> {
  const mails = await arrived(world, seen);
  const heads = [...mails.values()].flat().map(({ ledger: head }) => head);
  ensure(
    heads.every((head) => /^sealpost-\S+ \d+ \S+$/.test(head)),
    "a mail does not carry the ledger's head",
  );
  return { mails: world.mailCount(), "sealpost-ledger": heads[0] ?? "" };
}

async function relayDown(world: World, seen: Seen): Promise<JsonObject> {
  await world.closeRelay();
  const receipts = await post(world, storm("relay-down", WHILE_DOWN));
  const count = expectMails(receipts, seen);
  const ids = receipts.events.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
  await sleep(300);
  for (const id of ids) {
    const { status, attempts } = read(DeliveryRow, await world.local().request("GET", `/deliveries/${id}`)).value;
    ensure(status === "pending" && attempts === 0, `delivery ${id} is ${status} after ${attempts} attempts`);
  }
  await world.openRelay();
  await arrived(world, seen);
  return { events: WHILE_DOWN, waited: count, arrived: count };
}

async function kill(world: World, seen: Seen): Promise<JsonObject> {
  const before = world.mailCount();
  const count = expectMails(await post(world, storm("kill", STORM)), seen);
  await until(
    () => world.mailCount() > before,
    () => "no mail went out",
  );
  await world.end("SIGKILL");
  const sent = world.mailCount() - before;
  ensure(sent < count, `all ${count} mails had gone out before the server was killed: nothing was shown`);
  await world.serve();
  const mails = await arrived(world, seen);
  const repeated = [...mails.values()].filter((copies) => copies.length > 1).length;
  return {
    deliveries: count,
    "sent-when-killed": sent,
    "sent-after-restart": world.mailCount() - before - sent,
    repeated,
  };
}

async function duplicates(world: World, seen: Seen): Promise<JsonObject> {
  await settled(world, seen);
  const before = world.mailCount();
  const receipts = await post(world, sampleEvents());
  const ids = receipts.events.map(({ id }) => id);
  ensure(receipts.accepted === 0 && receipts.duplicates === 10, `${receipts.accepted} events were taken a second time`);
  ensure(ids.join() === seen.events.join(), "a repeated event got another receipt");
  await sleep(100);
  ensure(world.mailCount() === before, "a repeated event led to a mail");
  return { duplicates: receipts.duplicates };
}

async function ledger(world: World): Promise<JsonObject> {
  const logs = await logsOf(world.local(), "_site");
  const reports = [];
  for (const log of logs) {
    const report = await verifyLog(world.local(), log, ({ origin }) => logVerifierKey(origin, logKey(world)));
    ensure(report.ok, `${log.origin}: ${report.why ?? ""}`);
    reports.push({ origin: log.origin, leaves: report.size, opened: report.opened });
  }
  ensure(reports.length === 2, `${reports.length} logs`);
  return { logs: reports };
}

function logKey({ dir }: World): Uint8Array {
  return readNoteKey(Buffer.from(readPrivateFile(dataDir(dir).ledgerKey)).toString("latin1")).publicKey;
}

async function receipt(world: World, { expected }: Seen): Promise<JsonObject> {
  const [id = ""] = expected;
  const proof = demand(await world.local().request("GET", `/deliveries/${id}/receipt?format=tlog-proof`)).text();
  const log = (await logsOf(world.local(), "_site")).find(({ tenant }) => tenant === "default");
  const found = judge(id, proof, logVerifierKey(log?.origin ?? "", logKey(world)));
  if (!found.ok) throw new CliError("failed", found.why);
  return { delivery: id, leaf: found.seq, size: found.size, bytes: proof.length };
}

async function stop(world: World): Promise<JsonObject> {
  const { code, signal } = await world.end("SIGTERM");
  ensure(code === 0, `the server ended with ${signal ?? code}`);
  ensure(!fs.existsSync(path.join(world.dir, "sealpost.sock")), "the socket was left behind");
  return { exit: code };
}
