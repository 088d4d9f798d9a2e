/**
 * The sections of the status page: each is a heading with its table, or with what to say where there is nothing.
 * @module
 */
import { type DeliveryStatus, STATUSES } from "../core/delivery.ts";
import { FOREVER } from "../core/mute.ts";
import { isReasonCode, reasonText } from "../core/reason.ts";
import type { KitStream } from "./kit-services.ts";
import type { ShownMute, ShownWindow } from "./services.ts";
import { html, type Html } from "./status-html.ts";
import { code, type Column, counted, grouped, mark, outside, section, type ShowTime, table } from "./status-layout.ts";
import type { Failure, SeenSource, SiteStatus, TenantStatus } from "./status-services.ts";

/** What a section is made from. */
export interface Shown {
  readonly tenant: string;
  readonly site: SiteStatus;
  readonly status: TenantStatus;
  /** Why no events are accepted now; empty when they are. */
  readonly unready: readonly string[];
  readonly time: ShowTime;
}

/** Each status with what it means. */
const STATUS_WORDS: Readonly<
  Record<DeliveryStatus, readonly [kind: "good" | "bad" | "wait" | "plain", words: string]>
> = {
  dead: ["bad", "given up; kept among the dead letters"],
  failed: ["bad", "given up on this channel"],
  retrying: ["wait", "failed, and tried again"],
  sending: ["wait", "being sent now"],
  pending: ["wait", "to be sent now, or waiting for its channel"],
  deferred: ["wait", "waits for its channel to have room"],
  held: ["wait", "waits for quiet hours to end"],
  sent: ["good", "handed over"],
  digested: ["good", "a digest that was handed over"],
  "dry-run": ["plain", "only tried out"],
  coalesced: ["plain", "told with others in one message"],
  deduplicated: ["plain", "a repeat of what was told"],
  debounced: ["plain", "repeats too quickly"],
  throttled: ["plain", "more than may be sent"],
  silenced: ["plain", "silenced by people"],
  suppressed: ["plain", "its rule is suppressed, or maintenance goes on"],
  dropped: ["plain", "too old, or nowhere to go"],
};
/** What went wrong first, then what waits. */
const STATUSES_SHOWN = (["bad", "wait", "good", "plain"] as const).flatMap((kind) =>
  STATUSES.filter((status) => STATUS_WORDS[status][0] === kind),
);

export function runsSection({ site, unready, time }: Shown): Html {
  const isReady = unready.length === 0;
  return section(
    "runs",
    "What runs",
    html`<dl>
<dt>Site</dt><dd>${code(site.site)}</dd>
<dt>Version</dt><dd>${site.version}</dd>
<dt>Running since</dt><dd>${site.startedAt === undefined ? "no server is running" : time(site.startedAt)}</dd>
<dt>Events</dt><dd>${isReady ? mark("good", "accepted") : mark("bad", "not accepted")}</dd>
</dl>
${!isReady && html`<ul>${unready.map((reason) => html`<li>${outside(reason)}</li>`)}</ul>`}`,
  );
}

export function channelsSection({ status, time }: Shown): Html {
  const { downChannels } = status.stats;
  const { unbound, channels } = status.setup;
  const lacking = unbound.map(
    ({ id, values }) =>
      html`<p>${mark("wait", "not set up")} ${code(id)} lacks ${values.join(", ")}: until the site fills them in, what it should send waits.</p>`,
  );
  if (downChannels.length === 0)
    return section("channels", "Channels that are down", [
      html`<p>${channels === 0 ? "There is no channel." : `None of ${counted(channels, "channel")} is down.`}</p>`,
      lacking,
    ]);
  const columns: readonly Column<(typeof downChannels)[number]>[] = [
    { head: "Channel", cell: ({ id }) => code(id) },
    { head: "State", cell: () => mark("bad", "down") },
    { head: "Since", cell: ({ since }) => time(since) },
    { head: "Why", cell: ({ reason }) => outside(reasonWords(reason)) },
  ];
  const caption = `${grouped(downChannels.length)} of ${counted(channels, "channel")}; what waits for them is kept`;
  return section("channels", "Channels that are down", [table(caption, columns, downChannels), lacking]);
}

export function failuresSection({ status, time }: Shown): Html {
  const { items, count, isCut } = status.failures;
  const older =
    isCut &&
    html`<p class="quiet">Only the newest deliveries were looked at; there are older ones that failed: <code>sealpost deliveries list --status dead</code> looks at all.</p>`;
  if (items.length === 0)
    return section(
      "failures",
      "Last failures",
      count === 0
        ? html`<p>Nothing failed in the last 24 hours, and nothing is being tried again.</p>`
        : [html`<p>${counted(count, "delivery", "deliveries")}, none among the newest.</p>`, older],
    );
  const columns: readonly Column<Failure>[] = [
    { head: "Delivery", cell: ({ id }) => code(id) },
    { head: "Made", cell: ({ at }) => time(at) },
    { head: "Status", cell: ({ status: word }) => mark(STATUS_WORDS[word][0], word) },
    { head: "Channel", cell: ({ channel }) => code(channel) },
    { head: "Rule", cell: ({ rule }) => code(rule) },
    { head: "Why", cell: (failure) => whyOf(failure) },
    {
      head: "Tries",
      cell: ({ attempts, dueAt }) => [grouped(attempts), dueAt !== undefined && [html`, next `, time(dueAt)]],
    },
  ];
  return section("failures", "Last failures", [
    table(`The newest ${grouped(items.length)}${count > items.length ? ` of ${grouped(count)}` : ""}`, columns, items),
    older,
  ]);
}

function whyOf({ reason, failureReason }: Failure): Html {
  const words = reason === undefined ? "" : reasonText(reason.code);
  if (failureReason === undefined || failureReason === reason?.code) return html`${words}`;
  return html`${words} ${outside(failureReason)}`;
}

/** A reason in words where it is one of ours. */
function reasonWords(reason: string): string {
  return isReasonCode(reason) ? reasonText(reason) : reason;
}

export function deliveriesSection({ status }: Shown): Html {
  const { byStatus, backlog } = status.stats;
  const rows = STATUSES_SHOWN.filter((name) => (byStatus[name] ?? 0) > 0);
  if (rows.length === 0)
    return section("deliveries", "Deliveries", html`<p>There was none in the last 24 hours, and none waits.</p>`);
  const columns: readonly Column<DeliveryStatus>[] = [
    { head: "Status", cell: (name) => mark(STATUS_WORDS[name][0], name) },
    { head: "Deliveries", cell: (name) => grouped(byStatus[name] ?? 0), isNumber: true },
    { head: "What it means", cell: (name) => STATUS_WORDS[name][1] },
  ];
  const caption = `Of the last 24 hours, and all that still wait (${grouped(backlog)})`;
  return section("deliveries", "Deliveries", table(caption, columns, rows));
}

export function sourcesSection({ status, time }: Shown): Html {
  const { items, count, looked, isAll } = status.sources;
  if (items.length === 0) return section("sources", "Sources", html`<p>No event has come in yet.</p>`);
  const columns: readonly Column<SeenSource>[] = [
    { head: "Source", cell: ({ source }) => outside(source) },
    { head: "Last event", cell: ({ lastAt }) => time(lastAt) },
    { head: "Type", cell: ({ lastType }) => outside(lastType) },
    { head: "Severity", cell: ({ lastSeverity }) => lastSeverity },
    { head: "Events", cell: ({ events }) => grouped(events), isNumber: true },
  ];
  const lately = isAll ? `all ${counted(looked, "event")}` : `the newest ${counted(looked, "event")}`;
  return section("sources", "Sources", [
    table(`In ${lately}: ${firstOf(items.length, count, "source")}`, columns, items),
  ]);
}

export function windowsSection({ status, time }: Shown): Html {
  const { items, count } = status.windows;
  if (count === 0)
    return section(
      "windows",
      "Open windows",
      html`<p>None: no digest or group gathers, and nothing is held for quiet hours.</p>`,
    );
  if (items.length === 0)
    return section(
      "windows",
      "Open windows",
      html`<p>${grouped(count)} are open, too many to list here: <code>sealpost digest list</code> lists them.</p>`,
    );
  const columns: readonly Column<ShownWindow>[] = [
    { head: "Action", cell: ({ actionKey }) => code(actionKey) },
    { head: "Kind", cell: windowKind },
    { head: "Channel", cell: ({ channel }) => code(channel) },
    { head: "Items", cell: (window) => grouped(window.count), isNumber: true },
    { head: "Highest severity", cell: ({ severity }) => severity },
    { head: "Opened", cell: ({ openedAt }) => time(openedAt) },
    { head: "Due", cell: ({ dueAt, isPutOff }) => [time(dueAt), isPutOff === true && " (put off by quiet hours)"] },
  ];
  return section("windows", "Open windows", table(firstOf(items.length, count, "window"), columns, items));
}

function windowKind({ kind, window, group }: ShownWindow): Html {
  if (kind === "digest") return html`digest, ${window}`;
  if (kind === "quiet") return html`quiet hours`;
  if (kind === "flap") return html`repeats`;
  const labels = Object.entries(group ?? {}).map(([name, value]) => `${name}=${value}`);
  return html`group ${outside(labels.join(", "))}`;
}

type Mute = TenantStatus["mutes"]["items"][number];

function muteColumns(time: ShowTime): readonly Column<ShownMute>[] {
  return [
    {
      head: "What",
      cell: ({ record }) => ("rule" in record ? [html`rule `, code(record.rule)] : outside(record.matchers.join(", "))),
    },
    { head: "Until", cell: ({ record }) => (record.endsAt >= FOREVER ? "it is ended" : time(record.endsAt)) },
    { head: "By", cell: ({ record }) => outside(record.author) },
    { head: "Why", cell: ({ record }) => outside(record.comment) },
  ];
}

export function mutesSection({ status, time }: Shown): Html {
  const { items, count } = status.mutes;
  if (count === 0)
    return section("mutes", "Silences in force", html`<p>None: no silence or suppression keeps anything back now.</p>`);
  const columns: readonly Column<Mute>[] = [
    { head: "Id", cell: ({ record }) => code(record.id) },
    { head: "Kind", cell: ({ kind }) => kind },
    ...muteColumns(time),
  ];
  return section("mutes", "Silences in force", table(firstOf(items.length, count, "silence"), columns, items));
}

export function maintenanceSection({ status, time }: Shown): Html {
  const { items, count } = status.maintenance;
  if (count === 0)
    return section("maintenance", "Maintenance in force", html`<p>None: no maintenance window is open now.</p>`);
  const columns: readonly Column<ShownMute>[] = [
    { head: "Id", cell: ({ record }) => code(record.id) },
    ...muteColumns(time),
  ];
  const caption = firstOf(items.length, count, "maintenance window");
  return section("maintenance", "Maintenance in force", table(caption, columns, items));
}

export function ledgerSection({ status, time }: Shown): Html {
  const { ledger } = status;
  if (ledger === undefined) return section("ledger", "Ledger", html`<p>This tenant has no ledger yet.</p>`);
  const { origin, size, signed } = ledger;
  const head =
    signed === undefined
      ? html`<dt>Signed head</dt><dd>none yet</dd>`
      : html`<dt>Signed head</dt><dd>of ${counted(signed.size, "entry", "entries")}${signed.size < size && html`; ${grouped(size - signed.size)} newer`}</dd>
<dt>Root</dt><dd>${code(`${signed.root.slice(0, 12)}…`)}</dd>
<dt>Newest signed</dt><dd>${signed.lastAt === undefined ? "unknown" : time(signed.lastAt)}</dd>`;
  return section(
    "ledger",
    "Ledger",
    html`<dl>
<dt>Origin</dt><dd>${code(origin)}</dd>
<dt>Entries</dt><dd>${grouped(size)}</dd>
${head}
</dl>`,
  );
}

export function kitsSection({ site: { kits }, time }: Shown): Html {
  if (kits.length === 0) return section("kits", "Kits", html`<p>No kit has been taken in.</p>`);
  const columns: readonly Column<KitStream>[] = [
    { head: "Stream", cell: ({ stream }) => code(stream) },
    { head: "Place", cell: ({ epoch, sequence }) => `${epoch}.${sequence}` },
    { head: "Made", cell: ({ createdAt }) => time(createdAt) },
    { head: "Taken in", cell: ({ importedAt }) => (importedAt === undefined ? "unknown" : time(importedAt)) },
    { head: "Expires", cell: ({ expiresAt }) => (typeof expiresAt === "number" ? time(expiresAt) : "never") },
    { head: "Signed by", cell: ({ signers = [] }) => outside(signers.map(({ owner }) => owner).join(", ")) },
  ];
  return section("kits", "Kits", table(counted(kits.length, "stream"), columns, kits));
}

/** `3 windows`, or `the first 20 of 57 windows`. */
function firstOf(shown: number, count: number, one: string): string {
  return shown === count ? counted(count, one) : `the first ${shown} of ${counted(count, one)}`;
}
