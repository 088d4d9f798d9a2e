import { SITE_TENANT } from "../core/cells.ts";
import { FlowError } from "../flows/error.ts";
import { HttpError } from "../http/error.ts";

/**
 * Does work of one tenant after all that was asked for before it. Work of the site's own tenant touches every tenant: it
 * waits for all, and all wait for it. `tries`: how often it may be done anew after a conflict.
 */
export type Turns = <T>(tenant: string, work: () => Promise<T>, tries?: number) => Promise<T>;

/** Changes of one tenant that wait; more are refused. */
const MAX_WAITING = 4096;
/** How often a change is planned anew because something else came first. */
const MAX_TRIES = 32;

/**
 * Turns for changes of configuration. Work that finds a conflict is done anew. Throws HttpError `overloaded` where too much
 * waits, and what the work throws.
 */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, number>();
  return async (tenant, work, tries = MAX_TRIES) => {
    const count = waiting.get(tenant) ?? 0;
    if (count >= MAX_WAITING) throw new HttpError("overloaded", "too many changes of this tenant wait for their turn");
    waiting.set(tenant, count + 1);
    const before = [...last].filter(([other]) => [tenant, other].includes(SITE_TENANT) || other === tenant);
    const turn = Promise.all(before.map(([, done]) => done)).then(() => persist(work, tries));
    const settled = turn.catch(() => undefined);
    last.set(tenant, settled);
    try {
      return await turn;
    } finally {
      const left = (waiting.get(tenant) ?? 1) - 1;
      if (left > 0) waiting.set(tenant, left);
      else waiting.delete(tenant);
      if (last.get(tenant) === settled) last.delete(tenant);
    }
  };
}

async function persist<T>(work: () => Promise<T>, most: number): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof FlowError) || error.code !== "conflict" || tries >= most) throw error;
    }
  }
}
