/** Counts how often other work of the process could run since it was called; the answer stops it and says how often. */
export function countTurns(): () => number {
  let turns = 0;
  let next = setImmediate(turn);
  function turn(): void {
    turns += 1;
    next = setImmediate(turn);
  }
  return () => {
    clearImmediate(next);
    return turns;
  };
}
