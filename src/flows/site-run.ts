import type { Flow, SiteRecord } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";

export interface SiteStartInput {
  readonly boot: string;
  readonly version: string;
}

/** Records a start of the server; the leaf says whether the last stop was clean (else sends in flight may repeat). */
export const siteStart: Flow<SiteStartInput, { readonly unclean: boolean }> = {
  prepare: (_context, { boot, version }) => ({
    cells: [{ noun: "run", tenant: SITE_TENANT, key: "current" }],
    decide: (view, stamp) => {
      const before = view.get("run", SITE_TENANT, "current");
      const unclean = before?.state === "running";
      view.put("run", SITE_TENANT, "current", { boot, state: "running", startedAt: stamp.now });
      view.leaf(SITE_TENANT, { type: "site.start", actor: "job:serve", body: { unclean, version } });
      return { unclean };
    },
  }),
};

/** Records a clean stop: nothing is in flight any more. */
export const siteStop: Flow<Record<string, never>, null> = {
  prepare: () => ({
    cells: [{ noun: "run", tenant: SITE_TENANT, key: "current" }],
    decide: (view) => {
      const run = view.get("run", SITE_TENANT, "current");
      if (run === undefined) throw new FlowError("missing", "the site was not started");
      view.put("run", SITE_TENANT, "current", { ...run, state: "stopped" });
      view.leaf(SITE_TENANT, { type: "site.stop", actor: "job:serve" });
      return null;
    },
  }),
};

/** The last step of `init`: from now on the folder holds a site. */
export const siteInit: Flow<Omit<SiteRecord, "createdAt"> & { readonly boot: string }, SiteRecord> = {
  prepare: (_context, { site, fp8, boot }) => ({
    cells: [{ noun: "site", tenant: SITE_TENANT, key: "current" }],
    decide: (view, stamp) => {
      if (view.get("site", SITE_TENANT, "current") !== undefined)
        throw new FlowError("exists", "the folder holds a site already");
      const record: SiteRecord = { site, fp8, createdAt: stamp.now };
      view.put("site", SITE_TENANT, "current", record);
      view.put("run", SITE_TENANT, "current", { boot, state: "stopped", startedAt: stamp.now });
      view.leaf(SITE_TENANT, {
        type: "config.change",
        actor: "job:init",
        id: `site/${site}`,
        body: { change: "made", fp8, site },
      });
      return record;
    },
  }),
};
