import { ToolFailure } from './tool.ts';

/**
 * Makes a test of paths from a glob: `*` and `?` within a name, `**` over folders, `[a-z]`, `{a,b}`. A glob without a slash is about the
 * name alone. Paths are relative, with slashes.
 */
export function createGlob(glob: string): (path: string) => boolean {
  if (glob.length > 1_000) throw new ToolFailure('The glob is too long.');
  const trimmed = glob.replace(/^(\.?\/)+/, '');
  const pattern = new RegExp(`^${translate(trimmed)}$`, 'us');
  return trimmed.includes('/') ? (path) => pattern.test(path) : (path) => pattern.test(path.slice(path.lastIndexOf('/') + 1));
}

const tokens = /\*{2,}\/|\*{2,}|\*|\?|\[!?\]?[^\]]*\]|[{},]|[^]/gu;

function translate(glob: string): string {
  let depth = 0;
  const parts = (glob.match(tokens) ?? []).map((token) => {
    if (token === '{') depth += 1;
    if (token === '}' && depth > 0) {
      depth -= 1;
      return ')';
    }
    return translateToken(token, depth);
  });
  if (depth > 0) throw new ToolFailure('The glob has a { without its }.');
  // Neighbouring stars mean the same as one, and would make the test slow.
  return parts.filter((part, index) => part !== '[^/]*' || parts[index - 1] !== part).join('');
}

function translateToken(token: string, depth: number): string {
  if (token.startsWith('**')) return token.endsWith('/') ? '(?:[^/]+/)*' : '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token === '{') return '(?:';
  if (token === ',' && depth > 0) return '|';
  if (token.length > 1 && token.startsWith('[')) return translateSet(token);
  return token.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function translateSet(token: string): string {
  const isNegated = token[1] === '!';
  const inner = token.slice(isNegated ? 2 : 1, -1).replace(/[\\^[\]&~|]/gu, '\\$&');
  if (inner === '') return '\\[\\]';
  return `[${isNegated ? '^/' : ''}${inner}]`;
}
