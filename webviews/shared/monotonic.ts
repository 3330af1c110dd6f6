/** Ms since the page began, by a clock that nobody sets: for what has to be waited for or counted. */
export function monotonicMs(): number {
  return performance.now();
}
