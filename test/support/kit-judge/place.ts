/**
 * Whether a signed kit fits a site, in the order of the format page: nothing here comes from the product.
 * @module
 */
import type { JudgedSite } from "../kit-judge.ts";
import { Refused } from "./archive.ts";
import type { Fields } from "./json.ts";
import { rowsOf } from "./manifest.ts";
import { fieldsIn, instantOf, numberIn, textIn, textsIn } from "./shape.ts";

/** Throws Refused with the first of step 5 that a kit fails. */
export function checkPlace(
  manifest: Fields,
  { kit, policy, site }: { readonly kit: string; readonly policy: Fields; readonly site: JudgedSite },
): void {
  const stream = textIn(manifest.get("stream"));
  const kinds = textsIn(manifest.get("kinds"));
  const created = instantOf(textIn(manifest.get("createdAt")));
  const now = Math.max(site.now, site.newest);
  const head = site.heads.get(stream);
  const [epoch, sequence] = [numberIn(manifest.get("epoch")), numberIn(manifest.get("sequence"))];
  const floor = fieldsIn(fieldsIn(policy.get("floors")).get(stream));
  const audience = ["*", `site:${site.site}`, ...site.groups.map((group) => `group:${group}`)];
  refuse("KIT_AUDIENCE", !textsIn(manifest.get("audience")).some((name) => audience.includes(name)));
  refuse("KIT_APP_TOO_OLD", isOlder(site.appVersion, textIn(manifest.get("minApp"))));
  refuse("KIT_FROM_FUTURE", created > now + numberIn(policy.get("maxClockSkewSeconds")) * 1000);
  refuse("KIT_EXPIRED", isPast(manifest, now));
  refuse("TRUST_EXPIRED", !kinds.includes("trust") && isPast(policy, now));
  refuse("KIT_BELOW_FLOOR", floor.size > 0 && order([epoch, sequence], placeIn(floor)) < 0);
  refuse("KIT_FORK", isFork(manifest, kit, site));
  const ahead = head === undefined ? 1 : order([epoch, sequence], [head.epoch, head.sequence]);
  refuse("KIT_ROLLBACK", ahead < 0);
  refuse("KIT_ALREADY_APPLIED", ahead === 0);
  const from = head !== undefined && head.epoch === epoch ? head.sequence : 0;
  refuse("KIT_SEQUENCE_JUMP", sequence - from > numberIn(policy.get("maxSequenceJump")));
  refuse("KIT_EPOCH", head !== undefined && epoch !== head.epoch && floor.get("epoch") !== epoch);
  refuse("KIT_LEDGER_GAP", head !== undefined && kinds.includes("ledger") && sequence !== from + 1);
  refuse("KIT_TIME_ORDER", head !== undefined && created < head.createdAt);
  refuse(
    "KIT_THIN_BASE_MISSING",
    textsIn(manifest.get("omitted")).some((blob) => !site.blobs.has(blob)),
  );
  refuse(
    "KIT_OBJECT_OWNED",
    rowsOf(manifest).some((row) => isOthers(row, stream, site)),
  );
}

function refuse(code: string, when: boolean): void {
  if (when) throw new Refused(code);
}

type Point = readonly [epoch: number, sequence: number];

/** Below, at or above 0 as `left` stands before, at or after `right`. */
export function order(left: Point, right: Point): number {
  return left[0] - right[0] || left[1] - right[1];
}

export function placeIn(of: Fields): Point {
  return [numberIn(of.get("epoch")), numberIn(of.get("sequence"))];
}

/** Expiries are inclusive. */
function isPast(of: Fields, now: number): boolean {
  const end = of.get("expiresAt");
  return end !== null && now > instantOf(textIn(end));
}

function isOlder(have: string, need: string): boolean {
  const [had, needed] = [have, need].map((version) => version.split(".").map(Number));
  const at = [0, 1, 2].find((part) => had?.[part] !== needed?.[part]);
  return at !== undefined && (had?.[at] ?? 0) < (needed?.[at] ?? 0);
}

function isFork(manifest: Fields, kit: string, site: JudgedSite): boolean {
  const stream = textIn(manifest.get("stream"));
  const place = placeIn(manifest);
  const at = (name: string, point: Point): string | undefined => {
    const head = site.heads.get(name);
    const found = site.accepted.get(`${name}@${point.join(".")}`);
    return found ?? (head !== undefined && order([head.epoch, head.sequence], point) === 0 ? head.manifest : undefined);
  };
  const known = site.known.get(stream);
  const told = known !== undefined && order([known.epoch, known.sequence], place) === 0 ? known.manifest : undefined;
  const twin = at(stream, place) ?? told;
  if (twin !== undefined && twin !== kit) return true;
  const head = site.heads.get(stream);
  const next = head !== undefined && order([head.epoch, head.sequence + 1], place) === 0;
  if (next && manifest.get("prev") !== head.manifest) return true;
  return [...fieldsIn(manifest.get("heads"))].some(([name, value]) => {
    const other = at(name, placeIn(fieldsIn(value)));
    return other !== undefined && other !== fieldsIn(value).get("manifest");
  });
}

function isOthers({ path, role }: { path: string; role: string }, stream: string, site: JudgedSite): boolean {
  const [, kind, tenant, name = ""] = path.split("/");
  const owner = site.owners.get(`${tenant === "_" ? "_site" : tenant}/${kind}/${name.replace(/[.]json$/, "")}`);
  return role === "object" && owner !== undefined && owner !== stream;
}
