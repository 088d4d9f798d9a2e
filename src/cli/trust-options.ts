/**
 * What `sealpost trust init` and `propose` share: options, and the file that they write.
 * @module
 */
import { type Command as Program, Option } from "commander";
import type { PolicyEdit, RoleEdit } from "../core/trust-edit.ts";
import { policyBytes, type TrustPolicy } from "../core/trust.ts";
import { wholeNumber } from "./list.ts";
import { withJson } from "./perform.ts";
import { writeNew } from "./trust-files.ts";
import * as flags from "./trust-flags.ts";

/** Options of both. */
export interface CommonOptions {
  readonly role?: readonly string[];
  readonly delegate?: readonly string[];
  readonly floor?: readonly string[];
  readonly keysExpire: string;
  readonly maxJump?: number;
  readonly maxSkew?: string;
  readonly onExpired?: TrustPolicy["onExpired"];
  readonly createdAt?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Adds them. */
export function withCommon(program: Program): Program {
  return withJson(program)
    .option(
      `--role ${flags.ROLE_FORM}`,
      "a role: owners of one key each, or keys by 8 characters; how many distinct owners must sign (default: 2, or all of one), or :N:keys",
      flags.several,
    )
    .option(
      `--delegate ${flags.ROW_FORM}`,
      "which role signs a stream, or all below a prefix/*; the first row that fits decides alone",
      flags.several,
    )
    .option("--floor <stream=epoch.sequence>", "the lowest place of a stream that is still accepted", flags.several)
    .option(`--keys-expire ${flags.END_FORM}`, "end of the keys that are added: a date, 730d or never", "never")
    .option("--max-jump <n>", "by how much a stream's sequence may rise at once (default: 1000)", wholeNumber)
    .option("--max-skew <seconds>", "how far a kit may be ahead of a site's clock (default: 86400)")
    .addOption(
      new Option("--on-expired <what>", "kits under an expired policy (default: refuse)").choices([
        "refuse",
        "needs-override",
      ]),
    )
    .option("--created-at <instant>", "YYYY-MM-DDTHH:MM:SSZ (default: now)");
}

/** What both take from their options alike. Throws CliError. */
export function commonOf(options: CommonOptions): Pick<
  PolicyEdit,
  "maxSequenceJump" | "maxClockSkewSeconds" | "onExpired"
> & {
  readonly createdAt: string;
  readonly roles: Record<string, RoleEdit>;
  readonly floors: NonNullable<PolicyEdit["floors"]>;
} {
  const { role = [], floor = [], maxJump, maxSkew, onExpired } = options;
  return {
    createdAt: flags.instantFlag("--created-at", options.createdAt),
    roles: flags.byName(
      "--role",
      role.map((text) => flags.roleFlag("--role", text)),
    ),
    floors: flags.byName(
      "--floor",
      floor.map((text) => flags.floorFlag("--floor", text)),
    ),
    ...(maxJump === undefined ? {} : { maxSequenceJump: maxJump }),
    ...(maxSkew === undefined ? {} : { maxClockSkewSeconds: flags.countFlag("--max-skew", maxSkew) }),
    ...(onExpired === undefined ? {} : { onExpired }),
  };
}

/** Writes a policy to a new file; answers its bytes. Throws as `writeNew`. */
export function written(policy: TrustPolicy, file: string): Uint8Array {
  const bytes = policyBytes(policy);
  writeNew(file, bytes);
  return bytes;
}
