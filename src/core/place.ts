/** The place of an offset in a text for people: characters from 1, a surrogate pair being one. */
export function placeOf(text: string, offset: number): number {
  return Array.from(text.slice(0, offset)).length + 1;
}
