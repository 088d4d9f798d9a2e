// What an event costs with every gate on against none, the same rule matching and every draft sent: the worst case for gates.
import { compile } from "../../src/core/compile.ts";
import type { Compiled, Kind } from "../../src/core/config.ts";
import type { Json } from "../../src/core/json.ts";
import { checkObject, type ConfigObject } from "../../src/core/objects.ts";
import { sourceOf } from "../../src/sources/index.ts";
import type { Case, Side } from "./measure.ts";
import { type BenchStore, openBenchStore } from "./store.ts";

const SILENCES = 100;
const HOUR = 3_600_000;
const HORIZON = 7 * 24 * HOUR;
let nextId = 0;

function object(kind: Kind, value: { readonly id: string; readonly [name: string]: Json }): ConfigObject {
  const result = checkObject(kind, value.id, value);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.checked.object;
}

function configured(gates: Readonly<Record<string, Json>>, policy: Readonly<Record<string, Json>>): Compiled {
  const action = { id: "ops", channel: "ops-mail", ...gates };
  const limit = Object.keys(gates).length === 0 ? {} : { limit: { count: 10_000, per: "1s" } };
  const objects = [
    object("rules", { schema: "rule/v1", id: "all", actions: [action], ...limit }),
    object("channels", {
      schema: "channel/v1",
      id: "ops-mail",
      type: "email",
      config: { host: "127.0.0.1", from: "a@plant.example" },
      to: ["ops@plant.example"],
    }),
    object("calendars", {
      schema: "calendar/v1",
      id: "holidays",
      zone: "Europe/Berlin",
      weekly: [{ days: ["mon"], from: "03:00", to: "03:01" }],
      holidays: ["2020-01-01"],
    }),
    object("policies", { schema: "policy/v1", id: "default", ...policy }),
  ];
  return compile("default", Object.fromEntries(objects.map(({ kind, id, hash }) => [`${kind}/${id}`, hash])), objects);
}

const OFF = configured({}, {});
const ON = configured(
  {
    dedupe: { window: "1h" },
    debounce: {},
    calendar: "holidays",
    throttle: { burst: 1_000_000, per: "1s" },
    // oxlint-disable-next-line unicorn/no-thenable -- the field is written so
    staleness: { after: "1h", then: "drop" },
  },
  { quotas: [{ count: 10_000, per: "1ms" }] },
);

/** Events of so many things, each of which comes back after so many others. */
function batch(size: number, things: number): Uint8Array {
  const texts = Array.from({ length: size }, () => {
    const id = nextId++;
    return {
      specversion: "1.0",
      id: `g${id}`,
      source: "/bench/host-17",
      type: "com.example.disk.usage",
      severitytext: "low",
      data: {
        labels: { host: `host-${id % things}`, site: "plant-7" },
        scope: { namespace: "storage", resource: `disk-${id % things}` },
        note: "x".repeat(640),
      },
    };
  });
  return Buffer.from(JSON.stringify(texts));
}

async function silence({ store }: BenchStore): Promise<void> {
  const startsAt = Date.now() - HOUR;
  const changes = Array.from({ length: SILENCES }, (_, at) => ({
    kind: "silences" as const,
    put: {
      matchers: [at % 10 === 0 ? `host=~"other-${at}-.*"` : `host="other-${at}"`],
      startsAt,
      endsAt: startsAt + 24 * HOUR,
      author: "bench",
      comment: "bench",
    },
  }));
  await store.transact({ flow: "mute-change", tenant: "default", input: { actor: "job:bench", changes } });
}

interface Work {
  readonly size: number;
  readonly total: number;
  readonly things: number;
}

function side(
  name: string,
  { store }: BenchStore,
  { size, total, things }: Work,
): Side & { readonly refill: () => void } {
  const bodies: Uint8Array[] = [];
  return {
    name,
    refill: () => void bodies.push(...Array.from({ length: total / size }, () => batch(size, things))),
    run: async () => {
      const asked = bodies.splice(0).map((bytes) => {
        const read = sourceOf("application/cloudevents-batch+json")?.read(bytes);
        if (read?.ok !== true) throw new Error("the bench's own events are refused");
        const input = { actor: "source:cloudevents", events: read.events, horizon: HORIZON };
        return store.transact({ flow: "ingest", tenant: "default", input, bytes: bytes.length });
      });
      await Promise.all(asked);
      return total;
    },
  };
}

export async function gatesCases(): Promise<{ cases: Case[]; close: () => Promise<void> }> {
  const on = await openBenchStore(() => ON);
  const off = await openBenchStore(() => OFF);
  await silence(on);
  const gatesCase = (what: string, work: Work): Case => {
    const [candidate, floor] = [side("all gates", on, work), side("no gate", off, work)];
    return {
      name: `all gates on against none, batches of ${work.size}, ${what}`,
      unit: "event",
      by: "time",
      cpu: true,
      mark: { kind: "at-most", ratio: 1.5 },
      candidate,
      floor,
      refill: () => {
        candidate.refill();
        floor.refill();
      },
    };
  };
  return {
    cases: [
      gatesCase("each about something new", { size: 64, total: 6400, things: Number.MAX_SAFE_INTEGER }),
      gatesCase("about 500 things", { size: 64, total: 6400, things: 500 }),
    ],
    close: async () => {
      await on.close();
      await off.close();
    },
  };
}
