import { z } from "zod";
import { KINDS } from "../../core/config.ts";
import { FILE_ROLES, KIT_KINDS } from "../../core/kit.ts";
import { Issued, MEDIA_TYPES } from "../kits.ts";
import type { RouteName } from "../permissions.ts";
import { Instant, Sha256 } from "./common.ts";
import type { BodyDoc, ParamDoc, RouteDoc } from "./doc.ts";

const Count = z.int().min(0);
const PLACE = {
  epoch: Count,
  sequence: Count,
  manifest: Sha256.meta({ description: "SHA-256 of the manifest: the kit's id" }),
};
const Ends = z.union([Instant, z.null()]).meta({ description: "null: it never expires" });
const Signer = z.strictObject({ keyId: z.string(), owner: z.string() }).meta({ id: "KitSigner" });
const Place = z.strictObject(PLACE).meta({ id: "KitPlace", description: "A place in a stream and the kit there" });

const STREAM = {
  stream: z.string(),
  ...PLACE,
  createdAt: Instant,
  expiresAt: Ends,
  importedAt: Instant.exactOptional(),
  signers: z.array(Signer).exactOptional(),
  objects: Count.exactOptional(),
  files: Count.exactOptional(),
  before: z.strictObject({ manifest: Sha256, files: Count }).exactOptional(),
};
const KitStream = z.strictObject(STREAM).meta({ id: "KitStream", description: "What stands in a stream" });
const IssuedKit = z
  .strictObject({ stream: z.string(), ...PLACE, createdAt: Instant })
  .meta({ id: "IssuedKit", description: "A kit that this site has built" });
const Provenance = z.strictObject({
  builder: z.string(),
  source: z.array(
    z.strictObject({ uri: z.string(), sha256: Sha256.exactOptional(), gitCommit: z.string().exactOptional() }),
  ),
});
const HeldKit = z
  .strictObject({
    ...STREAM,
    kinds: z.array(z.enum(KIT_KINDS)),
    tenants: z.array(z.string()),
    audience: z.array(z.string()),
    prev: z.union([Sha256, z.null()]),
    minApp: z.string(),
    provenance: Provenance,
    table: z.array(z.strictObject({ path: z.string(), sha256: Sha256, size: Count, role: z.enum(FILE_ROLES) })),
  })
  .meta({ id: "HeldKit", description: "What stands in a stream, with its file table" });

const AT = { tenant: z.string(), kind: z.enum(KINDS), id: z.string() };
const KitPlan = z
  .strictObject({
    plan: z.union([Sha256, z.null()]).meta({ description: "Names what would change; null: nothing is to be done" }),
    repeated: z.boolean().meta({ description: "This kit stands in its stream already" }),
    stream: z.string(),
    ...PLACE,
    createdAt: Instant,
    expiresAt: Ends,
    before: Place.exactOptional(),
    signers: z.array(Signer),
    trust: z.strictObject({ from: Count, to: Count, fingerprint: z.string() }).exactOptional(),
    changes: z
      .array(
        z.strictObject({
          ...AT,
          change: z.enum(["added", "changed", "removed"]),
          fields: z
            .array(z.strictObject({ pointer: z.string(), before: z.json().optional(), after: z.json().optional() }))
            .exactOptional(),
        }),
      )
      .meta({ description: "The first of them" }),
    count: Count.meta({ description: "All changes" }),
    left: z.array(z.strictObject(AT)).meta({ description: "What a tenant has made its own: left as it is" }),
    unknownTenants: z.array(z.string()),
    files: Count,
  })
  .meta({ id: "KitPlan", description: "What taking in a kit changes" });

const STREAM_PARAM: ParamDoc = {
  description: "The stream, with `.` for `/`",
  schema: z.string().regex(/^[a-z0-9-]+[.][a-z0-9.-]+$/),
};
const OVERRIDE: ParamDoc = {
  description: "Use an expired trust policy that allows it",
  schema: z.enum(["true", "false"]).default("false"),
};
const KIT: Readonly<Record<string, BodyDoc>> = Object.fromEntries(
  MEDIA_TYPES.map((type) => [type, { description: "The kit" }]),
);

export const KITS_DOCS = {
  "GET /api/v1/kits": {
    summary: "Streams of kits",
    tag: "Kits",
    description: "`items`: taken in here. `known`: the newest place that kits told of. `issued`: built by this site.",
    query: {},
    answers: {
      200: {
        description: "The streams",
        schema: z.strictObject({
          items: z.array(KitStream),
          known: z.array(z.strictObject({ stream: z.string(), ...PLACE })),
          issued: z.array(IssuedKit),
        }),
      },
    },
  },
  "POST /api/v1/kits/plan": {
    summary: "What taking in a kit would change",
    tag: "Kits",
    description: "Verifies the kit and changes nothing. A refused one is a problem with its own code and reasons.",
    query: { override: OVERRIDE },
    body: KIT,
    answers: { 200: { description: "The plan", schema: KitPlan } },
    problems: ["conflict"],
    hasKitProblems: true,
  },
  "POST /api/v1/kits/import": {
    summary: "Take in a kit",
    tag: "Kits",
    description: "All tenants, head and trust at once. A repeated kit is answered with `repeated: true`.",
    query: {
      plan: { description: "The plan that the caller looked at; another one is a conflict", schema: Sha256 },
      override: OVERRIDE,
      why: { description: "Goes with `override=true`", schema: z.string().max(1000) },
    },
    body: KIT,
    answers: { 200: { description: "What was done", schema: KitPlan } },
    problems: ["conflict"],
    hasKitProblems: true,
  },
  "POST /api/v1/kits/issue": {
    summary: "Write down a kit that this site has built",
    tag: "Kits",
    body: {
      "application/json": {
        schema: Issued,
        examples: {
          first: {
            summary: "The first kit of a stream",
            value: {
              stream: "plant-7/rules",
              epoch: 0,
              sequence: 1,
              manifest: "1f0e3dad99908345f7439f8ffabdffc4e1f2c9b6f5d0f1b2a3c4d5e6f7a8b9c0",
              prev: null,
              createdAt: "2026-06-01T10:00:00Z",
            },
          },
        },
      },
    },
    answers: { 200: { description: "What was written down", schema: IssuedKit } },
    problems: ["invalid", "conflict"],
  },
  "GET /api/v1/kits/:stream{[a-z0-9-]+[.][a-z0-9.-]+}": {
    summary: "What stands in a stream",
    tag: "Kits",
    path: { stream: STREAM_PARAM },
    query: {},
    answers: { 200: { description: "The kit that was taken in last, with its file table", schema: HeldKit } },
  },
  "GET /api/v1/kits/:stream{[a-z0-9-]+[.][a-z0-9.-]+}/files/:sha": {
    summary: "A document or bill of materials that a kit brought",
    tag: "Kits",
    path: { stream: STREAM_PARAM, sha: { description: "SHA-256 of the file, hex", schema: z.string() } },
    query: {},
    answers: { 200: { description: "The file as it is", type: "application/octet-stream" } },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
