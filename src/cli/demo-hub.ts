/**
 * The hub of the demo: a second site with its two signers, who have a key each.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { canonicalJson } from "../core/canonical-json.ts";
import type { JsonObject } from "../core/json.ts";
import { CONTENT_KINDS } from "../core/kit.ts";
import { kitFileName } from "../core/kit-derive.ts";
import { kitInstant } from "../core/kit-time.ts";
import { policyBytes, policyFingerprint, type TrustPolicy } from "../core/trust.ts";
import { draftPolicy } from "../core/trust-edit.ts";
import { buildKit, signKit } from "../signing/kit-build.ts";
import { createKeyPair, type KeyPair, signerOf } from "../signing/keys.ts";
import { systemClock } from "../system/clock.ts";
import { makePrivateFolder } from "../system/files.ts";

const ISSUER = "hq";
const STREAM = `${ISSUER}/rules`;
const MINUTE_MS = 60_000;

/** What the hub has made, for the steps that follow. */
export interface DemoHub {
  readonly policy: TrustPolicy;
  readonly fingerprint: string;
  /** Builds the kit at a place of the stream and has it signed by the first `signers` of the two. */
  readonly kit: (made: DemoKit) => Promise<{ readonly file: string; readonly manifest: string }>;
}
export interface DemoKit {
  readonly sequence: number;
  readonly signers: 1 | 2;
  readonly audience: string;
  /** The kit before it. */
  readonly prev?: string;
}

/** A hub in a folder: two people of whom both must sign whatever it sends. */
export function makeHub(folder: string): DemoHub {
  makePrivateFolder(folder);
  const people = { carol: createKeyPair(), dave: createKeyPair("ecdsa-p256") };
  const [now, pairs] = [systemClock.now(), Object.entries(people)];
  const both = { who: Object.keys(people), threshold: 2, distinctOwners: true };
  const policy = draftPolicy({
    createdAt: kitInstant(now - MINUTE_MS),
    expiresAt: null,
    keys: pairs.map(([owner, { spki }]) => ({ owner, spki })),
    roles: { root: both, content: both },
    delegations: [{ stream: `${ISSUER}/*`, kinds: [...CONTENT_KINDS], tenants: ["*"], role: "content" }],
  });
  return {
    policy,
    fingerprint: policyFingerprint(policyBytes(policy)),
    kit: (made) => signed(folder, made, Object.values(people)),
  };
}

async function signed(
  folder: string,
  { sequence, signers, audience, prev }: DemoKit,
  [first, second]: readonly KeyPair[],
): Promise<{ file: string; manifest: string }> {
  if (first === undefined || second === undefined) throw new TypeError("two people sign");
  const name = `${sequence}-${signers}-${audience.replace(":", "-")}-${kitFileName({ stream: STREAM, epoch: 0, sequence })}`;
  const file = path.join(folder, name);
  const { kit } = await buildKit(
    {
      spec: {
        schema: "offline-kit/v1",
        kinds: ["rules", "templates"],
        epoch: 0,
        sequence,
        tenants: ["*"],
        expiresAt: null,
        minApp: "0.1.0",
        acks: {},
        provenance: { builder: "sealpost demo", source: [] },
      },
      files: content(sequence).map(([at, object]) => ({
        path: `content/${at}.json`,
        role: "object",
        bytes: Buffer.from(canonicalJson(object), "utf8"),
      })),
      stream: STREAM,
      audience: [audience],
      createdAt: kitInstant(systemClock.now()),
      sequence,
      prev: prev ?? null,
      signers: [signerOf(first)],
    },
    file,
  );
  if (signers === 2) await signKit({ file, out: file }, signerOf(second));
  return { file, manifest: kit };
}

function content(sequence: number): [at: string, object: JsonObject][] {
  return [
    [
      "rules/default/hq-fire",
      {
        schema: "rule/v1",
        id: "hq-fire",
        name: `Fire, as the hub wants it told (${sequence})`,
        match: { types: ["com.example.fire"] },
        actions: [{ id: "hq-fire-mail", channel: "ops-mail", template: "hq-alarm" }],
      },
    ],
    [
      "templates/_/hq-alarm",
      {
        schema: "template/v1",
        id: "hq-alarm",
        subject: "{{event.severity}}: {{event.subject}}",
        text: "{{event.type}}",
      },
    ],
  ];
}

/** A copy of a kit in which one letter of its content is another one; answers its file. */
export function tampered(file: string): string {
  const bytes = fs.readFileSync(file);
  const at = bytes.indexOf("as the hub wants it");
  bytes[at] = (bytes[at] ?? 0) ^ 0x20;
  const out = `${file}.changed`;
  fs.writeFileSync(out, bytes);
  return out;
}
