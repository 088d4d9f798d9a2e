/** Keeps what was used last, up to a weight. Values are immutable, so two users may share one. */
export class Lru<V> {
  private readonly entries = new Map<number, { readonly value: V; readonly weight: number }>();
  private readonly limit: number;
  private weight = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get(key: number): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value that is not there yet; the least recently used make room. The newest stays, whatever it weighs. */
  set(key: number, value: V, weight: number): void {
    if (this.entries.has(key)) return;
    this.entries.set(key, { value, weight });
    this.weight += weight;
    for (const [oldest, entry] of this.entries) {
      if (this.weight <= this.limit || oldest === key) return;
      this.entries.delete(oldest);
      this.weight -= entry.weight;
    }
  }
}
