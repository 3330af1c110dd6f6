import type { ModelCallReport } from '../inference/route.ts';
import type { Usage } from '../protocol/messages.ts';

/** Sums the model calls of one attempt as the gateway saw them; undefined before the first. First times are those of the first call that had them. */
export function sumUsage(reports: readonly ModelCallReport[]): Usage | undefined {
  const counted = reports.flatMap((report) => (report.usage === undefined ? [] : [report.usage]));
  if (counted.length === 0) return undefined;
  const firstThoughtMs = reports.find((report) => report.firstThoughtMs !== undefined)?.firstThoughtMs;
  const firstAnswerMs = reports.find((report) => report.firstAnswerMs !== undefined)?.firstAnswerMs;
  const tokensPerSecond = reports.findLast((report) => report.tokensPerSecond !== undefined)?.tokensPerSecond;
  return {
    inputTokens: sum(counted.map((usage) => usage.inputTokens)),
    outputTokens: sum(counted.map((usage) => usage.outputTokens)),
    ...optionalSum('reasoningTokens', counted.map((usage) => usage.reasoningTokens)),
    ...optionalSum('cachedTokens', counted.map((usage) => usage.cachedTokens)),
    source: counted.every((usage) => usage.source === 'server') ? 'server' : 'estimate',
    ...(firstThoughtMs === undefined ? {} : { firstThoughtMs }),
    ...(firstAnswerMs === undefined ? {} : { firstAnswerMs }),
    ...(tokensPerSecond === undefined ? {} : { tokensPerSecond }),
    modelCalls: reports.length,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function optionalSum<K extends string>(key: K, values: readonly (number | undefined)[]): Partial<Record<K, number>> {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? {} : ({ [key]: sum(known) } as Partial<Record<K, number>>);
}
