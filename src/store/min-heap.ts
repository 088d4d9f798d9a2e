/** A binary heap: what is added in any order is taken in that of `compare`, each in logarithmic time. */
export class MinHeap<T> {
  private readonly compare: (left: T, right: T) => number;
  private readonly items: T[] = [];

  constructor(compare: (left: T, right: T) => number) {
    this.compare = compare;
  }

  /** The first item; undefined where there is none. */
  get first(): T | undefined {
    return this.items[0];
  }

  /** Adds an item. */
  add(item: T): void {
    let at = this.items.length;
    this.items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.items[above];
      if (parent === undefined || this.compare(parent, item) <= 0) break;
      this.items[at] = parent;
      at = above;
    }
    this.items[at] = item;
  }

  /** Takes the first item away. */
  drop(): void {
    const last = this.items.pop();
    if (last === undefined || this.items.length === 0) return;
    let at = 0;
    for (let below = this.lesserBelow(at); below !== undefined; below = this.lesserBelow(at)) {
      if (this.compare(last, below.item) <= 0) break;
      this.items[at] = below.item;
      at = below.at;
    }
    this.items[at] = last;
  }

  private lesserBelow(at: number): { readonly at: number; readonly item: T } | undefined {
    const [left, right] = [this.items[2 * at + 1], this.items[2 * at + 2]];
    if (left === undefined) return undefined;
    if (right === undefined || this.compare(left, right) <= 0) return { at: 2 * at + 1, item: left };
    return { at: 2 * at + 2, item: right };
  }
}
