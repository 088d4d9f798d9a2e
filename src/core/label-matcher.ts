/** An equality matcher of labels: an absent label is the empty text. */
export interface LabelMatcher {
  readonly name: string;
  readonly value: string;
}

/** Reads a matcher that its schema has checked: `name="value"` with `\"`, `\\` and `\n` escaped. */
export function parseLabelMatcher(text: string): LabelMatcher {
  const at = text.indexOf("=");
  const value = text.slice(at + 2, -1).replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));
  return { name: text.slice(0, at), value };
}

/** Whether the labels hold what the matcher asks for. */
export function labelMatches(matcher: LabelMatcher, labels: Readonly<Record<string, string>>): boolean {
  return (Object.hasOwn(labels, matcher.name) ? labels[matcher.name] : "") === matcher.value;
}
