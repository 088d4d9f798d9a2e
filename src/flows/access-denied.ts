import type { Flow } from "../ports.ts";

/** Refusals of one principal, route and minute. */
export interface Denied {
  /** Principal id, `anonymous` where nobody has shown to be one. */
  readonly actor: string;
  /** Name in the table of routes. */
  readonly route: string;
  /** How often, by code of the problem. */
  readonly counts: Readonly<Record<string, number>>;
  /** When the minute began, epoch ms. */
  readonly minute: number;
  /** One leaf has told of the first of them already. */
  readonly isRepeat: boolean;
}

/** Leaves of refusals in the log of the question's tenant, one each. */
export const accessDenied: Flow<{ readonly denied: readonly Denied[] }, null> = {
  prepare: ({ tenant }, { denied }) => ({
    cells: [],
    decide: (view) => {
      for (const { actor, route, counts, minute, isRepeat } of denied) {
        const codes = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
        const count = codes.reduce((sum, [, n]) => sum + n, 0);
        view.leaf(tenant, {
          type: "access.denied",
          actor,
          id: route,
          body: {
            count,
            minute,
            why: codes.map(([code]) => code).join(" "),
            ...(isRepeat ? { repeats: true } : {}),
            ...(codes.length > 1 ? { counts: { ...counts } } : {}),
          },
        });
      }
      return null;
    },
  }),
};
