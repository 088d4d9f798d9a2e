import { type Fields, channel, checked, rule, template } from "./objects.ts";
import { type Explaining, firstOf, SENT } from "./explaining.ts";

/** Plays what happened, and answers the id that is asked about. */
export type Puzzle = (site: Explaining) => Promise<string>;

const base = [channel(), template()];
const mail = (id: string, fields: Fields = {}): Fields => ({ id: `${id}-mail`, channel: "ops-mail", ...fields });

/** The puzzles of docs/explain.md, by the name of their block. */
export const PUZZLES: Readonly<Record<string, Puzzle>> = {
  silenced: async (site) => {
    await site.configure([...base, rule("kiln", { match: { types: ["plc.*"] } })]);
    await site.at("2026-06-01T08:00:00Z");
    await site.mute({
      kind: "silences",
      put: {
        matchers: ['kiln="3"'],
        startsAt: Date.parse("2026-06-01T08:00:00Z"),
        endsAt: Date.parse("2026-06-01T16:00:00Z"),
        author: "maria",
        comment: "kiln 3 gets new bricks",
      },
    });
    await site.at("2026-06-01T09:12:00Z");
    return (await site.post("s1", { type: "plc.temperature.high", source: "/plc/kiln-3", labels: { kiln: "3" } })).id;
  },

  quiet: async (site) => {
    const nights = checked("calendars", {
      schema: "calendar/v1",
      id: "nights",
      zone: "Europe/Berlin",
      weekly: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "22:00", to: "07:00" }],
    });
    const actions = [mail("backup", { calendar: "nights", bypassFrom: "critical" })];
    await site.configure([...base, nights, rule("backup", { match: { types: ["backup.*"] }, actions })]);
    await site.at("2026-06-01T23:40:00Z");
    const receipt = await site.post("q1", { type: "backup.failed", source: "/backup/plc-archive" });
    await site.at("2026-06-02T01:00:00Z");
    return receipt.id;
  },

  deduplicated: async (site) => {
    const actions = [mail("disk", { dedupe: { window: "4h" } })];
    await site.configure([...base, rule("disk", { match: { types: ["host.disk.*"] }, actions })]);
    await site.at("2026-06-01T08:03:00Z");
    const disk = { type: "host.disk.full", source: "/hosts/db-01", scope: { resource: "db-01" } };
    await site.tried(firstOf(await site.post("d1", disk)), SENT);
    await site.at("2026-06-01T09:45:00Z");
    return (await site.post("d2", disk)).id;
  },

  debounced: async (site) => {
    const actions = [mail("link", { debounce: {} })];
    await site.configure([...base, rule("link", { match: { types: ["net.link.*"] }, actions })]);
    const link = { type: "net.link.down", source: "/net/switch-4", scope: { resource: "switch-4/12" } };
    await site.at("2026-06-01T08:00:00Z");
    await site.tried(firstOf(await site.post("l1", link)), SENT);
    await site.at("2026-06-01T08:00:07Z");
    await site.post("l2", link);
    await site.at("2026-06-01T08:00:12Z");
    const third = await site.post("l3", link);
    await site.at("2026-06-01T08:00:20Z");
    return firstOf(third);
  },

  digest: async (site) => {
    const policy = checked("policies", { schema: "policy/v1", id: "default", zone: "Europe/Berlin" });
    const actions = [mail("mirror", { digest: "1d" })];
    await site.configure([...base, policy, rule("mirror", { match: { types: ["mirror.*"] }, actions })]);
    await site.at("2026-06-01T10:00:00Z");
    await site.post("m1", { type: "mirror.late", source: "/mirror/eu-1" });
    await site.at("2026-06-01T10:30:00Z");
    const second = await site.post("m2", { type: "mirror.late", source: "/mirror/eu-2" });
    await site.at("2026-06-01T12:00:00Z");
    return firstOf(second);
  },

  limit: async (site) => {
    await site.configure([...base, rule("login", { match: { types: ["auth.*"] }, limit: { count: 2, per: "1h" } })]);
    for (const minute of ["00", "10"]) {
      await site.at(`2026-06-01T08:${minute}:00Z`);
      await site.tried(firstOf(await site.post(`a${minute}`, { type: "auth.failed", source: "/sso" })), SENT);
    }
    await site.at("2026-06-01T08:20:00Z");
    return (await site.post("a20", { type: "auth.failed", source: "/sso" })).id;
  },

  label: async (site) => {
    const match = { types: ["cert.*"], labels: ['team="ops"'] };
    await site.configure([...base, rule("certs", { match }), rule("disk", { match: { types: ["host.disk.*"] } })]);
    await site.at("2026-06-01T08:00:00Z");
    return (await site.post("c1", { type: "cert.expires", source: "/certs", labels: { host: "web-2" } })).id;
  },

  stopped: async (site) => {
    const archive = channel("archive-mail", { to: ["archive@plant.example"] });
    const first = rule("archive", {
      priority: 10,
      stop: true,
      actions: [{ id: "archive-mail", channel: "archive-mail" }],
    });
    await site.configure([...base, archive, first, rule("power", { match: { types: ["ups.*"] } })]);
    await site.at("2026-06-01T08:00:00Z");
    const receipt = await site.post("p1", { type: "ups.on-battery", source: "/ups/1" });
    await site.tried(firstOf(receipt), SENT, 1, "archive-mail");
    return receipt.id;
  },

  resolution: async (site) => {
    await site.configure([...base, rule("pump", { match: { types: ["plc.*"], minSeverity: "high" } })]);
    const pump = { type: "plc.pressure.low", source: "/plc/pump-2", correlationId: "pump-2" };
    await site.at("2026-06-01T08:00:00Z");
    await site.post("r1", { ...pump, severity: "low", alertState: "firing" });
    await site.at("2026-06-01T08:30:00Z");
    return (await site.post("r2", { ...pump, severity: "high", alertState: "resolved" })).id;
  },

  down: async (site) => {
    await site.configure([...base, rule("power", { match: { types: ["ups.*"] } })]);
    await site.at("2026-06-01T08:00:00Z");
    const id = firstOf(await site.post("w1", { type: "ups.on-battery", source: "/ups/1" }));
    await site.tried(id, { kind: "down", out: { code: "ECONNREFUSED", st: "connection refused", ms: 3 } });
    await site.at("2026-06-01T11:00:00Z");
    return id;
  },
};
