/**
 * An API over services that live in memory: strict, and small enough to read.
 * @module
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Hono } from "hono";
import { generation } from "../../src/core/generation.ts";
import type { Delivery, EventReceipt } from "../../src/core/delivery.ts";
import type { Event, EventInput } from "../../src/core/event.ts";
import type { EventExplanation, GatheringExplanation } from "../../src/core/explain.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { recordId } from "../../src/core/id.ts";
import type { Json } from "../../src/core/json.ts";
import { KitError } from "../../src/core/kit-code.ts";
import { FlowError } from "../../src/flows/error.ts";
import { DEFAULT_LIMITS, type Env, type HttpContext, type Limits } from "../../src/http/context.ts";
import type { IssuedKit, KitRequest, PlannedKit } from "../../src/http/kit-services.ts";
import type { Refused } from "../../src/http/access-services.ts";
import type { KeptAnswer } from "../../src/http/answer-services.ts";
import { createHttp } from "../../src/http/server.ts";
import type { Caller, ConfigChange, DigestCommand, Mail, Services, ShownWindow } from "../../src/http/services.ts";
import type { Log, Timeout, TokenRecord } from "../../src/ports.ts";
import { SOURCES, sourceOf } from "../../src/sources/index.ts";
import { memoryMutes } from "./mutes.ts";
import { memoryStatus, QUIET_SITE, QUIET_TENANT } from "./status.ts";

export const NOW = Date.UTC(2026, 10, 20, 12);
export const PLANNED: PlannedKit = {
  plan: "f".repeat(64),
  repeated: false,
  stream: "hq/rules",
  epoch: 0,
  sequence: 4,
  manifest: "d".repeat(64),
  createdAt: NOW,
  expiresAt: null,
  signers: [{ keyId: "SHA256:k", owner: "carol" }],
  changes: [{ tenant: "acme", kind: "rules", id: "cpu-hot", change: "added" }],
  count: 1,
  left: [],
  unknownTenants: [],
  files: 0,
};
export const SECRET = "s3cret-s3cret-s3cret-s3cret";

/** A token's record; the secret is SECRET for each. */
function tokenRecord(
  id: string,
  tenant: string,
  scopes: readonly string[],
  more: Partial<TokenRecord> = {},
): TokenRecord {
  return { id, name: id, tenant, scopes, hash: sha256Hex(SECRET), createdAt: NOW, ...more };
}

/** Headers of a request with a token of `testHttp`. */
export function bearer(id: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { authorization: `Bearer spk_${id}_${SECRET}`, ...more };
}

export const JSON_EVENT = { "content-type": "application/cloudevents+json" } as const;
export const JSON_BATCH = { "content-type": "application/cloudevents-batch+json" } as const;

/** A sound event as a client sends it. */
export function cloudEvent(more: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  return { specversion: "1.0", id: "1", source: "/test", type: "com.example.some", ...more };
}

const TOKENS: readonly TokenRecord[] = [
  tokenRecord("admin", "acme", ["notify.admin"]),
  tokenRecord("writer", "acme", ["events:write"]),
  tokenRecord("viewer", "acme", ["notify.viewer"]),
  tokenRecord("operator", "acme", ["notify.operator"]),
  tokenRecord("other", "globex", ["notify.admin"]),
  tokenRecord("site", "_site", ["notify.admin"]),
  tokenRecord("shut", "closed", ["notify.admin"]),
  tokenRecord("expired", "acme", ["notify.admin"], { expiresAt: NOW }),
  tokenRecord("revoked", "acme", ["notify.admin"], { revokedAt: NOW - 1 }),
  tokenRecord("nothing", "acme", ["no.such.scope"]),
  tokenRecord("reader", "acme", ["notifications.events.read"]),
  tokenRecord("silencer", "acme", ["notifications.silences.read"]),
  tokenRecord("keeper", "acme", ["notifications.maintenance.read"]),
];

export interface LoggedLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, Json>>;
}

/** What a test may look at and turn. */
export interface TestHttp {
  readonly app: Hono<Env>;
  readonly context: HttpContext;
  /** Events by tenant, as they were accepted. */
  readonly accepted: {
    readonly caller: Caller;
    readonly source: string;
    readonly bytes: number;
    readonly event: Event;
  }[];
  readonly changes: { readonly caller: Caller; readonly change: ConfigChange }[];
  readonly bindings: { readonly caller: Caller; readonly channel: string }[];
  readonly commands: { readonly caller: Caller; readonly command: DigestCommand }[];
  readonly kits: { readonly caller: Caller; readonly file: string; readonly request: KitRequest }[];
  readonly issued: { readonly caller: Caller; readonly kit: IssuedKit & { readonly prev: string | null } }[];
  readonly errors: LoggedLine[];
  /** What was refused to whom, and which tokens were used. */
  readonly denied: Refused[];
  readonly used: string[];
  /** What the status page shows. */
  readonly shown: Parameters<typeof memoryStatus>[0];
  /** Set: the next call of a service throws it. */
  failure: Error | undefined;
  free: number;
  looks: number;
  /** How often all logs were asked for. */
  logLists: number;
  /** Added to the clock that never steps, ms. */
  mono: number;
  unready: string[];
}

export interface TestOptions {
  readonly limits?: Partial<Limits>;
  readonly timeout?: Timeout;
  /** What importing a kit does with its file. */
  readonly onKit?: (file: string) => Promise<void>;
}

const realTimeout: Timeout = (ms, call) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};

/** An API in memory with tenants acme and globex and the tokens above. */
export function testHttp({ limits = {}, timeout = realTimeout, onKit }: TestOptions = {}): TestHttp {
  const errors: LoggedLine[] = [];
  const log: Log = {
    info: () => undefined,
    warn: () => undefined,
    error: (message, fields = {}) => void errors.push({ message, fields }),
  };
  const state: Omit<TestHttp, "app" | "context"> = {
    accepted: [],
    changes: [],
    bindings: [],
    commands: [],
    kits: [],
    issued: [],
    errors,
    denied: [],
    shown: { site: QUIET_SITE, tenant: QUIET_TENANT },
    used: [],
    failure: undefined,
    free: 2 ** 40,
    looks: 0,
    logLists: 0,
    mono: 0,
    unready: [],
  };
  const context: HttpContext = {
    services: servicesOf(state, onKit),
    sourceOf,
    tokens: (id) => Promise.resolve(TOKENS.find((token) => token.id === id)),
    hasTenant: (id) => Promise.resolve(id === "acme" || id === "globex" || id === "closed"),
    isClosed: (id) => id === "closed",
    access: { used: (token) => void state.used.push(token), denied: async (one) => void state.denied.push(one) },
    diskFree: () => {
      state.looks++;
      return state.free;
    },
    unready: () => state.unready,
    uploads: mkdtempSync(path.join(tmpdir(), "sealpost-http-")),
    limits: { ...DEFAULT_LIMITS, ...limits },
    clock: { now: () => NOW, mono: () => performance.now() + state.mono },
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    log,
    timeout,
  };
  const app = createHttp(
    context,
    SOURCES.flatMap((source) => source.mediaTypes),
  );
  return Object.assign(state, { app, context });
}

type State = Omit<TestHttp, "app" | "context">;

function servicesOf(state: State, onKit: ((file: string) => Promise<void>) | undefined): Services {
  const guard = async (): Promise<void> => {
    const { failure } = state;
    state.failure = undefined;
    if (failure !== undefined) throw failure;
  };
  return {
    preview: { of: async () => ({ ok: true, items: [] }) },
    send: {
      gates: { asked: [], passed: [] },
      rehearse: async () => [],
      send: async () => ({ id: recordId("ev", NOW, ["s"]), duplicate: false, deliveries: [] }),
    },
    events: {
      ingest: async (caller, { source, events, bytes }) => {
        await guard();
        const receipts = events.map((event) => accept(state, { caller, source, bytes }, event));
        const duplicates = receipts.filter(({ duplicate }) => duplicate).length;
        return { accepted: receipts.length - duplicates, duplicates, events: receipts };
      },
      page: async (tenant, { limit, cursor, ...filters }) => {
        await guard();
        const all = state.accepted
          .map(({ event }) => event)
          .filter((event) => event.tenant === tenant && fits(event, filters));
        const from = Number(cursor ?? 0);
        const items = all.slice(from, from + limit);
        return from + limit < all.length ? { items, cursor: String(from + limit) } : { items };
      },
      get: async (tenant, id) => {
        const seq = state.accepted.findIndex(({ event }) => event.tenant === tenant && event.id === id);
        const event = state.accepted[seq]?.event;
        return event === undefined ? undefined : { event, line: JSON.stringify(event), seq };
      },
    },
    deliveries: {
      page: async (tenant) => ({ items: tenant === "acme" ? [DELIVERY] : [] }),
      get: async (tenant, id) => (isDelivery(tenant, id) ? DELIVERY : undefined),
      attempts: async (tenant, id) =>
        isDelivery(tenant, id)
          ? [
              {
                n: 1,
                at: NOW,
                status: "retrying",
                out: { code: "451", st: "try later", ms: 3 },
                reason: { code: "temporary" },
                due: NOW + 2000,
                seq: 5,
              },
              { n: 2, at: NOW + 2000, status: "sent", out: { code: "250", st: "ok", ms: 4 }, seq: 6 },
            ]
          : undefined,
      receipt: async (tenant, id) => (isDelivery(tenant, id) ? "c2sp.org/tlog-proof@v1\n" : undefined),
    },
    explain: {
      event: async (_tenant, id, asker) =>
        id === EXPLAINED.id ? { ...EXPLAINED, also: [JSON.stringify(asker)] } : undefined,
      delivery: async (_tenant, id) => (id === GATHERED.id ? GATHERED : undefined),
    },
    config: {
      show: async (_tenant, { isSite }) => ({
        own: generation(3, { "templates/t": "aa" }, { "templates/t": "hq/starter" }),
        cfg: "0123456789abcdef",
        objects: [
          {
            kind: "templates",
            id: "t",
            hash: "aa",
            isGlobal: false,
            value: { schema: "template/v1", id: "t", channelTypes: ["email"], subject: "s", text: "t" },
          },
          {
            kind: "channels",
            id: "c",
            hash: "bb",
            name: "Chat of the site",
            isGlobal: true,
            ...(isSite ? { value: { schema: "channel/v1", id: "c" } } : {}),
          },
        ],
      }),
      plan: (_tenant, change) => plan(change),
      apply: async (caller, change) => {
        await guard();
        state.changes.push({ caller, change });
        return plan(change);
      },
      bind: async (caller, { channel, values }) => {
        await guard();
        state.bindings.push({ caller, channel });
        const faults = Object.keys(values)
          .filter((name) => name !== "host")
          .map((name) => ({
            kind: "binding",
            id: channel,
            pointer: `/values/${name}`,
            detail: "is not left to the site",
          }));
        return { ...(await plan({ objects: [], prune: false })), faults };
      },
    },
    digests: {
      page: async (tenant, { actionKey, limit, cursor }) => {
        if (tenant !== "acme" || ![undefined, "hourly"].includes(actionKey)) return { items: [] };
        return limit === 1 && cursor === undefined ? { items: [WINDOW], cursor: "next" } : { items: [WINDOW] };
      },
      command: async (caller, command) => {
        await guard();
        if (caller.tenant !== "acme" || command.actionKey !== "hourly")
          throw new FlowError("missing", `${command.actionKey} has no open window to ${command.command}`);
        state.commands.push({ caller, command });
        return [{ ...WINDOW, state: "flushed", status: "pending", endedAt: NOW, deliveries: [WINDOW.id] }];
      },
    },
    stats: {
      of: async () => ({
        since: NOW,
        byStatus: { sent: 3, held: 1 },
        backlog: 1,
        byRule: [{ rule: "cpu-hot", byStatus: { sent: 3, held: 1 } }],
        openDigestCount: 2,
        openWindows: { digest: 1, group: 1, quiet: 1, flap: 0 },
        downChannels: [{ id: "ops", since: NOW, reason: "connect" }],
        ruleFaults: [{ rule: "cpu-hot@0123456789ab", count: 2, at: NOW, detail: "no such field" }],
      }),
    },
    kits: {
      list: async () => [{ stream: "hq/rules", epoch: 0, sequence: 3, manifest: "c".repeat(64), createdAt: NOW }],
      known: async () => [{ stream: "hq/base", epoch: 1, sequence: 2, manifest: "e".repeat(64) }],
      issued: async () => [
        { stream: "plant-7/rules", epoch: 0, sequence: 2, manifest: "b".repeat(64), createdAt: NOW },
      ],
      get: async () => undefined,
      file: async () => undefined,
      plan: async () => PLANNED,
      issue: async (caller, kit) => void state.issued.push({ caller, kit }),
      importFile: async (caller, file, request) => {
        await onKit?.(file);
        await guard();
        state.kits.push({ caller, file, request });
        return PLANNED;
      },
    },
    trust: {
      show: async () => ({ site: "plant-7", groups: ["fleet"] }),
      add: async () => {
        throw new KitError("TRUST_POLICY", "no policy");
      },
    },
    ledger: {
      logs: async () => {
        state.logLists++;
        return LOGS;
      },
      log: async (tenant) => LOGS.find((log) => log.tenant === tenant),
      checkpoint: async (tenant) => (tenant === "globex" ? undefined : `origin-${tenant}\n300\nroot\n`),
      tile: async (_tenant, { level, index, width }) =>
        level === 0 && index * 256 + width <= 300 ? new Uint8Array(width * 32).fill(index) : undefined,
      leaves: async (_tenant, from, count) =>
        Array.from({ length: Math.max(0, Math.min(count, 300 - from)) }, (_, at) => `{"seq":${from + at}}`),
      openings: async (_tenant, from, count) => [
        { seq: from, draft: 0, field: "recipient" as const, salt: new Uint8Array(32), value: `${count}` },
      ],
    },
    answers: memoryAnswers(),
    metrics: { scrape: async () => ({ type: "text/plain; version=0.0.4; charset=utf-8", text: "up 1\n" }) },
    mutes: memoryMutes(),
    objects: NO_OBJECTS,
    status: memoryStatus(state.shown),
    tokens: NO_TOKENS,
    tenants: NO_TENANTS,
    maildrop: {
      page: async (tenant) => ({
        items: tenant === "acme" ? [MAIL] : [],
        ...(tenant === "acme" ? { cursor: "next" } : {}),
      }),
      get: async (tenant, id) => (tenant === "acme" && id === MAIL.id ? MAIL : undefined),
    },
  };
}

/** Tested on real sites. */
const NO_TOKENS: Services["tokens"] = {
  page: async () => ({ items: [] }),
  get: async () => undefined,
  make: () => Promise.reject(new FlowError("conflict", "not here")),
  edit: () => Promise.reject(new FlowError("conflict", "not here")),
};
const NO_OBJECTS: Services["objects"] = {
  page: async () => ({ items: [] }),
  get: async () => undefined,
  put: () => Promise.reject(new FlowError("conflict", "not here")),
  remove: () => Promise.reject(new FlowError("conflict", "not here")),
  history: async () => undefined,
  revert: () => Promise.reject(new FlowError("conflict", "not here")),
};
const NO_TENANTS: Services["tenants"] = {
  page: async () => ({ items: [] }),
  get: async () => undefined,
  open: () => Promise.reject(new FlowError("conflict", "not here")),
  change: () => Promise.reject(new FlowError("conflict", "not here")),
};

function cellOf({ tenant, actor }: Caller, key: string): string {
  return JSON.stringify([tenant, actor, key]);
}

function memoryAnswers(): Services["answers"] {
  const held = new Map<string, { readonly fingerprint: string; answer?: KeptAnswer }>();
  return {
    claim: async (caller, key, fingerprint) => {
      const found = held.get(cellOf(caller, key));
      if (found === undefined) held.set(cellOf(caller, key), { fingerprint });
      if (found === undefined) return { kind: "new" };
      return found.answer === undefined
        ? { kind: "open", fingerprint: found.fingerprint }
        : { kind: "kept", fingerprint: found.fingerprint, answer: found.answer };
    },
    keep: async (caller, key, answer) => {
      const found = held.get(cellOf(caller, key));
      if (found !== undefined) found.answer = answer;
    },
    free: async (caller, key) => {
      held.delete(cellOf(caller, key));
    },
  };
}

function plan(change: ConfigChange): ReturnType<Services["config"]["apply"]> {
  const faults = change.objects
    .filter(({ value }) => typeof value !== "object")
    .map(({ kind, id }) => ({ kind, id, pointer: "/match", detail: "must be an object" }));
  const changes = change.objects.map(({ kind, id }) => ({
    kind,
    id,
    change: "added" as const,
    after: "0".repeat(64),
  }));
  return Promise.resolve({
    base: generation(0, {}, {}).id,
    candidate: generation(1, {}, {}),
    changes,
    faults,
    left: [],
  });
}

export const WINDOW: ShownWindow = {
  id: `digest:acme:hourly:1h:${NOW}`,
  kind: "digest",
  window: "1h",
  actionKey: "hourly",
  action: "hourly",
  rule: "cpu-hot@0123456789ab",
  channel: "ops",
  openedAt: NOW,
  due: NOW + 3_600_000,
  dueAt: NOW + 3_600_000,
  count: 3,
  frontier: "",
  severity: "high",
  state: "open",
};
const LOGS = [
  { origin: "sealpost-hq-01234567-acme", tenant: "acme", size: 300 },
  { origin: "sealpost-hq-01234567-globex", tenant: "globex", size: 0 },
  { origin: "sealpost-hq-01234567-_site", tenant: "_site", size: 300 },
];
const MAIL: Mail = {
  id: "m1",
  at: NOW,
  from: "a@example.org",
  to: ["b@example.org"],
  subject: "s",
  bytes: 10,
  headers: [],
  text: "t",
};
export const DELIVERY: Delivery = {
  id: recordId("dl", NOW, ["d"]),
  tenant: "acme",
  event: recordId("ev", NOW, ["e"]),
  rule: "cpu-hot@0123456789ab",
  action: "mail",
  channel: "ops",
  ordinal: 0,
  to: "ops@example.org",
  template: { id: "tmpl", hash: "ab".repeat(32) },
  locale: "en",
  severity: "high",
  correlationId: "k",
  status: "retrying",
  reason: { code: "temporary", by: "ops" },
  attempts: 1,
  payload: "cd".repeat(32),
  createdAt: NOW,
  dueAt: NOW + 2000,
  deliveredAt: NOW + 3000,
  leaves: [4, 5],
  draft: 0,
};

/** What the explanations of the test are. */
export const EXPLAINED: EventExplanation = {
  kind: "event",
  id: recordId("ev", NOW, ["e"]),
  event: {
    id: recordId("ev", NOW, ["e"]),
    type: "disk.full",
    severity: "high",
    source: "/hosts/db",
    receivedAt: "2026-11-20T12:00:00Z",
  },
  cause: { code: "no-rule", sentence: "No rule matched it: there was none.", next: "Create a rule." },
  also: [],
  config: {
    cfg: "0123456789abcdef",
    state: "current",
    missing: [],
    sentence: "Configuration 0123456789abcdef decided.",
  },
  rules: [],
  rulesDecided: true,
  drafts: [],
};
export const GATHERED: GatheringExplanation = {
  kind: "window",
  id: "digest:acme:mail:1h:1",
  cause: { code: "open", sentence: "Window digest:acme:mail:1h:1 is open." },
  window: {
    id: "digest:acme:mail:1h:1",
    kind: "digest",
    state: "open",
    count: 1,
    openedAt: "1970-01-01T00:00:00.001Z",
    deliveries: [],
    sentence: "Window digest:acme:mail:1h:1 is open.",
  },
};

function isDelivery(tenant: string, id: string): boolean {
  return tenant === DELIVERY.tenant && id === DELIVERY.id;
}

function fits(
  event: Event,
  filters: { readonly type?: string; readonly source?: string; readonly severity?: string },
): boolean {
  const { type = event.type, source = event.source, severity = event.severity } = filters;
  return event.type === type && event.source === source && event.severity === severity;
}

function accept(
  state: State,
  from: { caller: Caller; source: string; bytes: number },
  input: EventInput,
): EventReceipt {
  const { tenant } = from.caller;
  const id = recordId("ev", NOW, [tenant, input.source, input.sourceId]);
  const duplicate = state.accepted.some(({ event }) => event.id === id);
  if (!duplicate) state.accepted.push({ ...from, event: { ...input, id, tenant, receivedAt: NOW } });
  return { id, duplicate, deliveries: [] };
}
