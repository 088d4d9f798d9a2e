const SURROGATES = 0xd800;
const AFTER_SURROGATES = 0xe000;

/** Orders texts by their UTF-8 bytes, as the engines do: negative, zero or positive. */
export function compareText(left: string, right: string): number {
  const common = Math.min(left.length, right.length);
  for (let at = 0; at < common; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** A place for a UTF-16 unit among others: halves of pairs stand for code points above all single units. */
function rank(unit: number): number {
  if (unit < SURROGATES) return unit;
  return unit < AFTER_SURROGATES ? unit + 0x2000 : unit - 0x800;
}
