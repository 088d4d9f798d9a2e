// Playing a scenario: each input is one question (or what is done to the process), at its instant.
import { z } from "zod";
import { isJsonObject, type JsonObject } from "../../src/core/json.ts";
import { FlowError } from "../../src/flows/error.ts";
import { expireOf, mutesOf, putOf, suppressionOf } from "./mutes.ts";
import { configurationOf } from "./objects.ts";
import { type Answers, type Outcome, readOutcome, type Refused } from "./outcome.ts";
import { type CommandInput, type Input, Instant, Objects, type Scenario } from "./read.ts";
import { type Manner, openScenarioSite, type ScenarioSite } from "./site.ts";

const HORIZON = 7 * 86_400_000;
const ACTOR = "job:scenario";

/** Plays a scenario in a manner and answers what came of it. Throws what is wrong with the scenario or the process. */
export async function playScenario(scenario: Scenario, manner: Manner): Promise<Outcome> {
  const { tenant, inputs, until } = scenario;
  const objects: Objects = scenario.objects;
  const site = await openScenarioSite(tenant, startOf(scenario), manner);
  try {
    const events = new Map<string, string>();
    const refused: Refused[] = [];
    const duplicates: string[] = [];
    const playing: Playing = { site, objects, events, duplicates };
    await site.configure(configurationOf(objects));
    await changeMutes(site, mutesOf({}, objects));
    for (const [index, input] of inputs.entries()) {
      await site.pass(input.at);
      const isAnswered = await playInput(input, playing);
      if (!isAnswered && input.kind === "command") refused.push({ index, input });
      if (manner.restarts === true) await site.restart();
    }
    await site.pass(until);
    await site.look();
    const answers: Answers = { events, refused, duplicates };
    return await readOutcome(site.store().read, tenant, answers);
  } finally {
    await site.close();
  }
}

interface Playing {
  readonly site: ScenarioSite;
  /** As configured by now. */
  objects: Objects;
  readonly events: Map<string, string>;
  readonly duplicates: string[];
}

/** All that stands at the start was there before anything that it names, or that is asked. */
function startOf({ objects, inputs, until }: Scenario): number {
  const stated = [objects.silences, objects.maintenance, objects.suppressions].flatMap((list) => list ?? []);
  const starts = stated.flatMap(({ startsAt }) => (startsAt === undefined ? [] : [Instant.parse(startsAt)]));
  return Math.min(inputs[0]?.at ?? until, ...starts);
}

/** Whether the input was answered with something else than a problem. */
async function playInput(input: Input, playing: Playing): Promise<boolean> {
  if (input.kind === "command") return await isDone(() => playCommand(input, playing));
  const { site, events, duplicates } = playing;
  const question = { actor: "source:scenario", horizon: HORIZON, events: input.events };
  const receipts = await site.store().transact({ flow: "ingest", tenant: site.tenant, input: question });
  for (const [at, { id, duplicate }] of receipts.entries()) {
    const name = input.events[at]?.sourceId ?? "";
    if (duplicate) duplicates.push(name);
    else events.set(id, name);
  }
  return true;
}

async function isDone(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof FlowError) return false;
    throw error;
  }
}

async function playCommand(input: CommandInput, playing: Playing): Promise<void> {
  const { site } = playing;
  const { command, fields, at } = input;
  switch (command) {
    case "add-silence":
    case "edit-silence":
      return await changeMutes(site, [putOf("silences", given(fields, "silence"), at)]);
    case "add-maintenance":
    case "edit-maintenance":
      return await changeMutes(site, [putOf("maintenance", given(fields, "maintenance"), at)]);
    case "suppress-rule":
      return await changeMutes(site, [suppressionOf(fields, at)]);
    case "expire-silence":
      return await changeMutes(site, [expireOf("silences", idUnder(fields, "silence"))]);
    case "expire-maintenance":
      return await changeMutes(site, [expireOf("maintenance", idUnder(fields, "maintenance"))]);
    case "expire-suppression":
      return await changeMutes(site, [expireOf("suppressions", idUnder(fields, "suppression"))]);
    case "flush":
    case "drop":
    case "reopen":
      return await commandWindow(site, command, fields);
    case "switch-config":
      return await switchConfig(playing, given(fields, "objects"));
    case "attempted":
      return await attempted(playing, fields);
    case "set-clock":
      await site.look(); // the process sees the clock until it is set, and that it was set
      site.setClock(Instant.parse(fields["to"]));
      return await site.look();
    case "down":
      await site.look();
      return await site.restart(Instant.parse(fields["until"]));
    default:
      throw new Error(`unknown command ${command}`);
  }
}

/** What stands under `name`, or the fields themselves. */
function given(fields: JsonObject, name: string): JsonObject {
  const under = fields[name];
  return isJsonObject(under) ? under : fields;
}

function idUnder(fields: JsonObject, name: string): string {
  const under = fields[name];
  return z.string().parse(typeof under === "string" ? under : given(fields, name)["id"]);
}

async function changeMutes({ store, tenant }: ScenarioSite, changes: ReturnType<typeof mutesOf>): Promise<void> {
  if (changes.length === 0) return;
  await store().transact({ flow: "mute-change", tenant, input: { actor: ACTOR, changes } });
}

async function switchConfig(playing: Playing, fields: JsonObject): Promise<void> {
  const named = Objects.parse(fields);
  const changes = mutesOf(playing.objects, named);
  playing.objects = { ...playing.objects, ...named };
  await playing.site.configure(configurationOf(playing.objects));
  await changeMutes(playing.site, changes);
}

const WindowFields = z.looseObject({
  actionKey: z.string(),
  window: z.string().optional(),
  openedAt: Instant.optional(),
});

async function commandWindow(
  { store, tenant }: ScenarioSite,
  command: "flush" | "drop" | "reopen",
  fields: JsonObject,
): Promise<void> {
  const { actionKey, window, openedAt } = WindowFields.parse(fields);
  const named = { ...(window === undefined ? {} : { window }), ...(openedAt === undefined ? {} : { openedAt }) };
  await store().transact({ flow: "window-command", tenant, input: { actor: ACTOR, command, actionKey, ...named } });
}

/** The first attempt of a delivery (or of each of one window, or of each of one event): it was taken by the other side. */
async function attempted({ site, events }: Playing, fields: JsonObject): Promise<void> {
  const { store, tenant } = site;
  await site.look(); // what is due by now waits for its attempt
  const name = z.string().parse(fields["delivery"] ?? fields["id"] ?? fields["event"]);
  const action = fields["action"];
  const tries = [];
  let cursor: string | undefined;
  do {
    const page = await store().read.deliveries(tenant, { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    for (const row of page.items) {
      const isNamed = row.id === name || row.id.startsWith(`${name}:`) || events.get(row.event ?? "") === name;
      if (!isNamed || row.status !== "pending" || (action !== undefined && row.action !== action)) continue;
      const outcome = { kind: "sent", out: { code: "250", st: "taken", ms: 1 } } as const;
      tries.push({ kind: "tried", delivery: row.id, channel: row.channel, n: row.attempts + 1, outcome } as const);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (tries.length === 0) throw new FlowError("missing", `${name} has no delivery that waits for an attempt`);
  await store().transact({ flow: "attempt", tenant, input: { tries } });
}
