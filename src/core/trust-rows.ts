/**
 * The rows of a trust policy that say who signs which streams: their order decides, so edits name their place.
 * @module
 */
import { KitId } from "./kit.ts";
import { KitError, quoted } from "./kit-code.ts";
import { type Delegation, StreamPattern } from "./trust.ts";

/** One change of the rows; `replace` takes the place of the row of the same stream. */
export type RowEdit =
  | { readonly op: "append" | "replace"; readonly row: Delegation }
  | { readonly op: "before"; readonly stream: string; readonly row: Delegation }
  | { readonly op: "remove"; readonly stream: string };

/** The rows after the edits, in order. Throws KitError TRUST_POLICY for a row that says nothing or a place that is not there. */
export function editRows(rows: readonly Delegation[], edits: readonly RowEdit[]): Delegation[] {
  let after = [...rows];
  for (const edit of edits) after = editRow(after, edit);
  return after;
}

function editRow(rows: readonly Delegation[], edit: RowEdit): Delegation[] {
  switch (edit.op) {
    case "append":
      return [...rows, soundRow(edit.row)];
    case "before":
      return rows.toSpliced(placeOf(rows, edit.stream), 0, soundRow(edit.row));
    case "replace":
      return rows.with(placeOf(rows, edit.row.stream), soundRow(edit.row));
    case "remove":
      return rows.toSpliced(placeOf(rows, edit.stream), 1);
  }
}

function placeOf(rows: readonly Delegation[], stream: string): number {
  const at = rows.findIndex((row) => row.stream === stream);
  if (at !== -1) return at;
  const there = rows.map((row) => row.stream).join(", ");
  throw new KitError(
    "TRUST_POLICY",
    `delegations: there is no row ${stream}; there are ${there === "" ? "none" : there}`,
  );
}

function soundRow({ stream, role, kinds, tenants }: Delegation): Delegation {
  const fault = (why: string): KitError => new KitError("TRUST_POLICY", `delegations/${stream}: ${why}`);
  if (!StreamPattern.safeParse(stream).success)
    throw fault("a stream is written like hq/rules, or hq/* for all below hq");
  if (kinds.length === 0) throw fault("it names no kind, so no kit could come; remove the row instead");
  if (tenants.length === 0) throw fault("it names no tenant, so no kit could come; * is for all");
  if (tenants.includes("*") && tenants.length > 1) throw fault("* is for all tenants, and stands alone");
  const stray = tenants.find((id) => id !== "*" && !KitId.safeParse(id).success);
  if (stray !== undefined) throw fault(`${quoted(stray)} is no tenant: an id is 1 to 63 of a-z 0-9 -`);
  return { stream, role, kinds: [...new Set(kinds)].toSorted(), tenants: [...new Set(tenants)].toSorted() };
}
