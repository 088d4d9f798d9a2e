/**
 * Whether `text` is all of what the glob describes; `*` stands for any run of characters (dots too), `?` for one.
 * Linear in practice and never worse than glob length times text length: no regular expression sees user patterns.
 */
export function globMatches(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const c = glob[g];
    if (c === "*") {
      star = g++;
      resume = t;
    } else if (c !== undefined && (c === "?" || c === text[t])) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++resume;
    } else return false;
  }
  while (glob[g] === "*") g++;
  return g === glob.length;
}

/** How a glob can be found in an index: by all of it, its fixed beginning or its fixed end. */
export interface GlobKey {
  readonly kind: "exact" | "prefix" | "suffix";
  readonly text: string;
}

/** The most selective index key of a glob; undefined where it begins and ends with a wildcard. */
export function globKey(glob: string): GlobKey | undefined {
  const first = glob.search(/[*?]/);
  if (first < 0) return { kind: "exact", text: glob };
  if (first > 0) return { kind: "prefix", text: glob.slice(0, first) };
  const last = Math.max(glob.lastIndexOf("*"), glob.lastIndexOf("?"));
  return last < glob.length - 1 ? { kind: "suffix", text: glob.slice(last + 1) } : undefined;
}
