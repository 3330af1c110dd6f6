/** How long a server asked to wait, ms: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date; undefined when it said nothing usable. */
export function readRetryAfter(headers: Readonly<Record<string, string | undefined>>, now: number): number | undefined {
  const exact = readNumber(headers['retry-after-ms']);
  if (exact !== undefined) return Math.round(exact);
  const value = headers['retry-after'];
  const seconds = readNumber(value);
  if (seconds !== undefined) return Math.round(seconds * 1000);
  const at = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function readNumber(value: string | undefined): number | undefined {
  if (value === undefined || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined;
  return Number(value);
}
