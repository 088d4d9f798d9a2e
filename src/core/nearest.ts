/** The word of a list that is most like `word`, where at most `limit` letters differ; undefined where none is. */
export function nearest(word: string, among: readonly string[], limit = 2): string | undefined {
  const ranked = among
    .map((other) => ({ other, far: distance(word, other) }))
    .toSorted((left, right) => left.far - right.far);
  const [best] = ranked;
  return best !== undefined && best.far <= limit ? best.other : undefined;
}

/** How many letters must be put in, taken out or replaced. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let at = 0; at < left.length; at++) {
    const next = [at + 1];
    for (let to = 0; to < right.length; to++) {
      const replaced = (row[to] ?? 0) + (right[to] === left[at] ? 0 : 1);
      next.push(Math.min(replaced, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
