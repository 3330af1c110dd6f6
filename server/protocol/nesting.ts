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
