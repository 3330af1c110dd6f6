/** A duration as people read it: `0.2 s`, `4.1 s`, `31 s`, `1 min 12 s`, `2 h 5 min`. */
export function durationWords(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return [`${Math.floor(seconds / 60)} min`, ...(seconds % 60 === 0 ? [] : [`${seconds % 60} s`])].join(' ');
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Whole seconds since a time, never below 0: for counters that tick. */
export function countedSeconds(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : durationWords(seconds * 1000);
}

const counts = new Intl.NumberFormat('en-US');

/** A count with separators, `1,240`. */
export function countWords(count: number): string {
  return counts.format(count);
}

/** A count with its noun, `1 queued`, `3 tool calls`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

/** The time of day, `14:03`. */
export function clockWords(at: number): string {
  const date = new Date(at);
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
}

/** How long ago in minutes, for values that are no longer fresh. */
export function agoWords(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'just now';
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}

/** A size, `812 MB`. */
export function bytesWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A sentence without its full stop, to be built into a longer one. */
export function withoutStop(sentence: string): string {
  return sentence.trim().replace(/[.。]+$/, '');
}

/** A sentence with exactly one full stop at its end; empty stays empty. */
export function withStop(sentence: string): string {
  const bare = withoutStop(sentence);
  return bare === '' || /[!?…]$/.test(bare) ? bare : `${bare}.`;
}

/** The last whole sentence of a text that still grows, else what there is of its last line. */
export function lastSentence(text: string): string {
  const tail = text.slice(-600).trimEnd();
  const sentences = tail.match(/[^.!?\n]+[.!?]+(?=\s|$)/g);
  return (sentences?.at(-1) ?? tail.split('\n').at(-1) ?? '').trim();
}

/** The first sentence of a text. */
export function firstSentence(text: string): string {
  const head = text.trimStart().slice(0, 400);
  return (/^[^\n]*?[.!?](?=\s|$)/.exec(head)?.[0] ?? head.split('\n')[0] ?? '').trim();
}
