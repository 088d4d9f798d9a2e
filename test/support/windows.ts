import type { WindowMember, WindowRecord } from "../../src/core/window-record.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import { SEVERITIES, type Severity, severityRank } from "../../src/core/event.ts";
import type { Scope } from "../../src/core/event.ts";
import { deliveryOf, SAMPLE_NOW, sampleEvent } from "./samples.ts";

/** A window as its message tells of it. */
export interface SampleWindow {
  readonly record: WindowRecord;
  /** All of its members, the stale ones too. */
  readonly members: readonly WindowMember[];
  readonly delivery: Delivery;
}

/** A member with the texts of a disk that is full, received so many seconds after the window was opened. */
export function memberAt(second: number, given: Partial<WindowMember> = {}): WindowMember {
  return {
    event: `ev_01kafw9h7e${String(second).padStart(16, "0")}`,
    deliveries: [`dl_01kafw9h7e${String(second).padStart(16, "0")}`],
    at: SAMPLE_NOW + second * 1000,
    steady: SAMPLE_NOW + second * 1000,
    source: "/hosts/db-01",
    type: "host.disk.full",
    subject: "db-01:/var/lib/postgresql",
    title: "Disk of db-01 is full",
    severity: "high",
    scope: { namespace: "plant", resource: "db-01" },
    ...given,
  };
}

/** A window that was opened at SAMPLE_NOW and flushed an hour later. */
export function sampleWindow(members: readonly WindowMember[], given: Partial<WindowRecord> = {}): SampleWindow {
  const { kind = "digest", actionKey = "high-mail" } = given;
  const window = given.window ?? (kind === "digest" ? "1h" : kind);
  const openedAt = given.openedAt ?? SAMPLE_NOW;
  const id = `digest:default:${actionKey}:${window}:${openedAt}`;
  const severity = members.reduce<Severity>(
    (highest, member) => (severityRank(member.severity) > severityRank(highest) ? member.severity : highest),
    "info",
  );
  const record: WindowRecord = {
    id,
    kind,
    window,
    actionKey,
    action: "high-mail",
    rule: "everything-high@0123456789ab",
    channel: "ops-mail",
    openedAt,
    due: openedAt + 3_600_000,
    count: members.length,
    frontier: "",
    severity,
    state: "flushed",
    status: "pending",
    endedAt: openedAt + 3_600_000,
    deliveries: [id],
    ...given,
  };
  const { event: _event, ...delivery } = deliveryOf(sampleEvent("01-disk-full"), { id, severity, window: id });
  return { record, members, delivery };
}

const PLACES: readonly Scope[] = [
  { namespace: "registry", repo: "acme/web" },
  { namespace: "plant", resource: "kiln-3" },
  { namespace: "registry", repo: "acme/api" },
  {},
  { repo: "tools/sync" },
];
const TITLES = [
  "12 new findings in image web:4.2.1",
  "Kiln 3 is hot: 1 184 °C",
  "Image api:7.0.0 was built without a signature",
  "Backup of plc-archive failed after 3 tries",
  "Mirror of tools/sync is 4 days behind its upstream, and the next window for it is on Monday",
];

/** So many members of all severities, in several namespaces and repositories, some resolved, some with counts. */
export function mixedMembers(count: number): WindowMember[] {
  return Array.from({ length: count }, (_, at) => {
    const place = at % PLACES.length;
    return memberAt(at * 3, {
      severity: SEVERITIES[(at * 3 + 4) % SEVERITIES.length] ?? "info",
      scope: PLACES[place] ?? {},
      title: TITLES[place] ?? "",
      type:
        ["scanner.report.ready", "plc.temperature.high", "attestor.missing", "backup.failed", "mirror.late"][place] ??
        "",
      source: ["/scanner", "/plc/kiln-3", "/attestor", "/backup", "/mirror/eu-1"][place] ?? "",
      subject: ["web:4.2.1", "kiln-3", "api:7.0.0", "plc-archive", "tools/sync"][place] ?? "",
      ...(at % 7 === 4 ? { alertState: "resolved" as const } : {}),
      ...(place === 0 ? { delta: { newCritical: at % 4, kev: at % 2, quieted: 1 } } : {}),
    });
  });
}
