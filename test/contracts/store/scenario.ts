import type { EventInput } from "../../../src/core/event.ts";
import { input } from "../../support/objects.ts";
import { type Site, START, TENANTS } from "./site.ts";

/** What a run of the scenario left: every answer, and every line of every log. */
export interface Outcome {
  readonly answers: readonly unknown[];
  readonly lines: Readonly<Record<string, readonly string[]>>;
}

/** An event that a rule of the contract matches; `n` makes it its own. */
export function diskEvent(n: number | string, fields: Partial<EventInput> = {}): EventInput {
  return input(`e${n}`, { type: "disk.full", ...fields });
}

/** Questions of every kind in one heap: all wait at once, so that the store cuts them as its limits say. */
export async function runScenario(site: Site): Promise<Outcome> {
  site.clock.step = 10;
  const { store } = site;
  const asked: Promise<unknown>[] = [];
  for (let n = 0; n < 40; n++) {
    const tenant = n % 3 === 0 ? "beta" : "alpha";
    const due = START + 10 * asked.length + 25;
    asked.push(store.transact({ flow: "add", tenant, input: { key: `k${n % 4}`, by: n, named: n % 2 === 0 } }));
    if (n % 5 === 0) asked.push(store.transact({ flow: "add", tenant, input: { key: "k1", by: 1, fail: true } }));
    if (n % 7 === 0)
      asked.push(store.transact({ flow: "accept", tenant, input: { events: [diskEvent(n), diskEvent(n % 14)] } }));
    if (n % 6 === 0) {
      const set = [
        { due, flow: "ring", key: `c${n}:3:15` },
        { due: due - 90, flow: "ring2", key: `late${n}` },
        { due, flow: "ring2", key: `x${n}` },
      ];
      asked.push(store.transact({ flow: "remind", tenant, input: { set } }));
    }
    if (n % 11 === 0) asked.push(store.transact({ flow: "swap", tenant, input: { key: "swapped", by: 1 } }));
    if (n % 9 === 0) asked.push(store.transact({ flow: "add", tenant: "_site", input: { key: "site", by: 1 } }));
    if (n % 8 === 0) {
      const shelf = { put: [`s${n}`, "s-always"], remove: [`s${n - 8}`], prefix: "s", limit: 3 };
      asked.push(store.transact({ flow: "shelve", tenant, input: shelf }));
    }
    if (n % 10 === 0)
      asked.push(store.transact({ flow: "gather", tenant, input: { window: "w", from: n, bodies: [`m${n}`] } }));
    if (n % 13 === 0) {
      const clear = { due, flow: "ring2", key: "x12" };
      asked.push(store.transact({ flow: "upset", tenant, input: { event: diskEvent(`u${n}`), clear } }));
    }
    if (n % 12 === 0) asked.push(store.transact({ flow: "decline", tenant, input: { why: `no ${n}` } }));
    if (n % 4 === 0) asked.push(store.transact({ flow: "peek", tenant, input: { key: "k3" } }));
  }
  const answers = await Promise.allSettled(asked);
  const lines = await Promise.all(TENANTS.map(async (tenant) => [tenant, await site.lines(tenant)] as const));
  return { answers: answers.map(plain), lines: Object.fromEntries(lines) };
}

function plain(answer: PromiseSettledResult<unknown>): unknown {
  return answer.status === "fulfilled" ? answer.value : String(answer.reason);
}
