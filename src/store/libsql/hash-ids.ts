const FIRST_SLOTS = 1024;
const FULLEST = 0.6;
/** A table with fewer entries than this part of its slots shrinks. */
const EMPTIEST = 0.1;

/** Ids (from 1 on) by 32-bit hashes, several to a hash: open addressing in memory, 12 bytes a slot. */
export class HashIds {
  private hashes = new Uint32Array(FIRST_SLOTS);
  /** 0 is an empty slot. */
  private ids = new Float64Array(FIRST_SLOTS);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Ids of a hash. */
  find(hash: number): readonly number[] {
    const found: number[] = [];
    const mask = this.ids.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.ids[slot] ?? 0;
      if (id === 0) return found;
      if (this.hashes[slot] === hash) found.push(id);
    }
  }

  add(hash: number, id: number): void {
    if (this.count >= this.ids.length * FULLEST) this.resize(this.ids.length * 2);
    this.put(hash, id);
    this.count += 1;
  }

  /** Takes an id away; one that is not there is none. */
  remove(hash: number, id: number): void {
    const mask = this.ids.length - 1;
    let slot = hash & mask;
    while (this.ids[slot] !== id || this.hashes[slot] !== hash) {
      if (this.ids[slot] === 0) return;
      slot = (slot + 1) & mask;
    }
    this.close(slot);
    this.count -= 1;
    if (this.ids.length > FIRST_SLOTS && this.count < this.ids.length * EMPTIEST) this.resize(this.ids.length / 2);
  }

  /** Empties a slot; those behind it that started at or before it move up, so that none is cut off. */
  private close(slot: number): void {
    const mask = this.ids.length - 1;
    let hole = slot;
    for (let next = (hole + 1) & mask; this.ids[next] !== 0; next = (next + 1) & mask) {
      const start = (this.hashes[next] ?? 0) & mask;
      if (((next - start) & mask) < ((next - hole) & mask)) continue;
      this.set(hole, this.hashes[next] ?? 0, this.ids[next] ?? 0);
      hole = next;
    }
    this.set(hole, 0, 0);
  }

  private put(hash: number, id: number): void {
    const mask = this.ids.length - 1;
    let slot = hash & mask;
    while (this.ids[slot] !== 0) slot = (slot + 1) & mask;
    this.set(slot, hash, id);
  }

  private set(slot: number, hash: number, id: number): void {
    this.hashes[slot] = hash;
    this.ids[slot] = id;
  }

  private resize(slots: number): void {
    const { hashes, ids } = this;
    this.hashes = new Uint32Array(slots);
    this.ids = new Float64Array(slots);
    ids.forEach((id, slot) => {
      if (id !== 0) this.put(hashes[slot] ?? 0, id);
    });
  }
}
