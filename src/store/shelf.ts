/** What is kept under a name; nothing is a value too. */
export interface Kept<V> {
  readonly value: V | undefined;
}

/**
 * Keeps what was used last, in two generations: what is used moves to the young one; when that is full, it becomes the
 * old one, and the old one is dropped. So the last `limit / 2` used are there, and never more than `limit`.
 */
export class Shelf<V> {
  private young = new Map<string, Kept<V>>();
  private old = new Map<string, Kept<V>>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  find(name: string): Kept<V> | undefined {
    const entry = this.young.get(name);
    if (entry !== undefined) return entry;
    const kept = this.old.get(name);
    if (kept !== undefined) this.add(name, kept);
    return kept;
  }

  keep(name: string, value: V | undefined): void {
    this.add(name, { value });
  }

  clear(): void {
    this.young = new Map<string, Kept<V>>();
    this.old = new Map<string, Kept<V>>();
  }

  private add(name: string, entry: Kept<V>): void {
    this.young.set(name, entry);
    if (this.young.size * 2 < this.limit) return;
    this.old = this.young;
    this.young = new Map<string, Kept<V>>();
  }
}
