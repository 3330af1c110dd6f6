const mostBytes = 256 * 1_048_576;
const share = 0.02;

/** How much of its disk or memory a task must leave to the machine, in bytes: 256 MiB, or two in a hundred of a small one, or half of what it found free. */
export function roomToLeave({ totalBytes, freeBytes }: { readonly totalBytes: number; readonly freeBytes: number }): number {
  return Math.min(mostRoom({ totalBytes }), freeBytes / 2);
}

/** What a task that found plenty must leave, in bytes. */
export function mostRoom({ totalBytes }: { readonly totalBytes: number }): number {
  return Math.min(mostBytes, totalBytes * share);
}
