import process from 'node:process';

/** One line of the benchmark table. */
export interface BenchRow {
  readonly name: string;
  readonly goal: string;
  readonly figure: string;
  readonly ok: boolean;
  /** The same without the gateway, in the same run. */
  readonly floor?: string;
  readonly note?: string;
}

/** A quick pass over every bench, to see that it works; its figures say nothing. */
export const isQuick = process.env['LOGOS_BENCH_QUICK'] === '1';

/** Prints a row as the table reads it. */
export function printRow(row: BenchRow): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

/** The value below which the share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

/** A duration for the table. */
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;

/** p50 and p95 for the table. */
export const spread = (values: readonly number[]): string => `p50 ${ms(percentile(values, 0.5))}, p95 ${ms(percentile(values, 0.95))}`;
