/** Whether a JSON value holds lists and objects at most `maxDepth` within each other. Looks level by level, so that a deep value costs no stack. */
export function isNestedWithin(value: unknown, maxDepth: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= maxDepth; depth += 1) {
    const below: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const inner of Object.values(item)) if (typeof inner === 'object' && inner !== null) below.push(inner);
    }
    if (below.length === 0) return true;
    level = below;
  }
  return false;
}

/** Whether a JSON text holds at most so many values. Looks at the text alone, before anything is made of it. */
export function holdsAtMost(text: string, maxValues: number): boolean {
  if (text.length <= maxValues) return true;
  let count = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at);
    else if (code === 0x2c || code === 0x5b || code === 0x7b) count += 1;
    if (count > maxValues) return false;
  }
  return true;
}

/** The place of the quote that closes a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
