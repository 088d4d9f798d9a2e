import { explainService } from "../../src/app/explain.ts";
import type { Explanation } from "../../src/core/explain.ts";
import { explanationText } from "../../src/core/explain-text.ts";
import type { EventInput } from "../../src/core/event.ts";
import type { EventReceipt } from "../../src/core/delivery.ts";
import type { MuteChange } from "../../src/flows/mute-change.ts";
import type { ExplainService } from "../../src/http/services.ts";
import type { Outcome } from "../../src/ports.ts";
import { input } from "./objects.ts";
import { openTestStore, type TestStore, type TestStoreOptions } from "./store.ts";

/** A store over real flows that explains what it holds. */
export interface Explaining extends TestStore {
  readonly explain: ExplainService;
  /** Moves the clock to an instant and has the timers decided that are due by then. */
  readonly at: (instant: string) => Promise<void>;
  /** Lets one event come in. */
  readonly post: (sourceId: string, fields?: Partial<EventInput>) => Promise<EventReceipt>;
  readonly mute: (change: MuteChange) => Promise<string>;
  /** One try of a delivery comes back so. */
  readonly tried: (delivery: string, outcome: Outcome, n?: number, channel?: string) => Promise<void>;
  /** The text for an id, as the program prints it; `rule`: of that one rule. */
  readonly text: (id: string, rule?: string) => Promise<string>;
  readonly explained: (id: string, rule?: string) => Promise<Explanation>;
}

export const SENT: Outcome = { kind: "sent", out: { code: "250", st: "ok", ms: 4 } };

export async function explaining(options: Pick<TestStoreOptions<never>, "engine"> = {}): Promise<Explaining> {
  const site = await openTestStore(options);
  const { store, clock } = site;
  const explain = explainService({ ...site, instants: { now: () => clock.now, mono: () => 0 } });
  const tenant = "default";
  const explained = async (id: string, rule?: string): Promise<Explanation> => {
    const asker = { isSite: true, ...(rule === undefined ? {} : { rule }) };
    const found = id.startsWith("ev_") ? await explain.event(tenant, id, asker) : await explain.delivery(tenant, id);
    if (found === undefined) throw new Error(`nothing is known of ${id}`);
    return found;
  };
  return {
    ...site,
    explain,
    explained,
    text: async (id, rule) => explanationText(await explained(id, rule)),
    at: async (instant) => {
      clock.now = Date.parse(instant);
      await store.transact({ flow: "attempt", tenant, input: { tries: [] } });
    },
    post: async (sourceId, fields = {}) => {
      const asked = { actor: "source:test", horizon: 604_800_000, events: [input(sourceId, fields)] };
      const [receipt] = await store.transact({ flow: "ingest", tenant, input: asked });
      if (receipt === undefined) throw new Error("no receipt");
      return receipt;
    },
    mute: async (change) => {
      const [id] = await store.transact({
        flow: "mute-change",
        tenant,
        input: { actor: "token:ops", changes: [change] },
      });
      if (id === undefined) throw new Error("no record");
      return id;
    },
    tried: async (delivery, outcome, n = 1, channel = "ops-mail") => {
      const tries = [{ kind: "tried", delivery, channel, n, outcome } as const];
      await store.transact({ flow: "attempt", tenant, input: { tries } });
    },
  };
}

/** The id of the first delivery of a receipt. */
export function firstOf({ deliveries }: EventReceipt): string {
  const [first] = deliveries;
  if (first === undefined) throw new Error("the event made no delivery");
  return first.id;
}
