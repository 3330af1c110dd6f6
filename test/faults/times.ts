import process from 'node:process';

/** Prints the spread of some durations, so that a run leaves its figures behind. */
export function times(what: string, durationsMs: readonly number[]): void {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  process.stderr.write(`${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms (n = ${sorted.length})\n`);
}
