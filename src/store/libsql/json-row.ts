/**
 * Reads JSON that this engine wrote. The type is the caller's word, not checked: rows were checked when they were
 * made, nothing else writes them, and the ledger shows what somebody else altered.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type is what this is for
export const parseRow: <T>(json: string) => T = JSON.parse;

/** JSON as rows keep it. */
export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
