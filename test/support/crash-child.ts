/**
 * A site's process at the instant at which its windows are due: `crash-child.ts FOLDER TIMERS [POINT]`. It says each
 * point that it reaches, and kills itself at the given one.
 */
import { writeSync } from "node:fs";
import { CHANNEL_TYPES } from "../../src/channels/index.ts";
import type { ChannelType } from "../../src/ports.ts";
import type { Engine, Plan } from "../../src/store/engine.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { DUE, openCrashSite } from "./crash-site.ts";
import { watchStatements } from "./fault-points.ts";

const [folder = "", timers = "256", point] = process.argv.slice(2);

function reach(here: string): void {
  writeSync(1, `${here}\n`);
  if (here === point) process.kill(process.pid, "SIGKILL");
}

/** The transaction that is being written: its name, and the number of its next statement. */
let writing: { readonly name: string; next: number } | undefined;

function statement(): void {
  if (writing !== undefined) reach(`${writing.name} ${writing.next++}`);
}

/** Names each transaction by the timers that it decides, or the delivery whose outcome it records. */
function watchPlans(engine: Engine): Engine {
  return {
    ...engine,
    apply: (plan) => {
      writing = { name: nameOf(plan), next: 0 };
      engine.apply(plan);
      writing = undefined;
    },
  };
}

function nameOf({ tenants }: Plan): string {
  const decided = tenants.flatMap(({ timersCleared }) => timersCleared.map(({ flow, key }) => `${flow}(${key})`));
  const tried = tenants.flatMap(({ leaves }) =>
    leaves
      .map(({ line }) => parseLeaf(line))
      .flatMap(({ type, id = "" }) => (type === "delivery.attempt" ? [`attempt(${id})`] : [])),
  );
  return [...decided, ...tried].join("+");
}

/** Sends one after the other, each when the one before is recorded, so that no two are in flight. */
function oneByOne(types: readonly ChannelType[], unrecorded: { count: number }): ChannelType[] {
  return types.map((type) => ({
    ...type,
    open: (config, environment) => {
      const opened = type.open(config, environment);
      return {
        ...opened,
        send: async (message, signal) => {
          while (unrecorded.count > 0) await new Promise((resolve) => setImmediate(resolve));
          reach(`before send(${message.id})`);
          unrecorded.count++;
          const outcome = await opened.send(message, signal);
          reach(`after send(${message.id}): ${outcome.kind}`);
          return outcome;
        },
      };
    },
  }));
}

const unrecorded = { count: 0 };
watchStatements(statement);
const site = await openCrashSite({
  folder,
  now: DUE + 1000,
  limits: { timers: Number(timers) },
  engine: watchPlans,
  channelTypes: oneByOne(CHANNEL_TYPES, unrecorded),
  record: (record) => async (tenant, input) => {
    const answers = await record(tenant, input);
    unrecorded.count -= input.tries.length;
    return answers;
  },
});
await site.work();
await site.close();
if (site.errors.length > 0) throw new Error(site.errors.join("; "));
