/** What is wrong with a template and where: pointer to its part, and line and column (from 1) within that. */
export interface TemplateFault {
  readonly pointer: string;
  readonly detail: string;
  readonly line?: number;
  readonly column?: number;
}

/** A line, and a place in it, both from 1. */
export interface TextPlace {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** At most so many faults of one thing are told. */
export const MAX_FAULTS = 20;

/** A fault whose words tell its place. */
export function faultAt(pointer: string, words: string, { line, column }: TextPlace = {}): TemplateFault {
  if (line === undefined) return { pointer, detail: words };
  if (column === undefined) return { pointer, detail: `line ${line}: ${words}`, line };
  return { pointer, detail: `line ${line}, column ${column}: ${words}`, line, column };
}
