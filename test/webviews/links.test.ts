import { Lexer, type Tokens } from 'marked';
import { describe, expect, it } from 'vitest';
import { linkTarget } from '../../webviews/chat/linkTarget.ts';

/** The address of the first link in a line of markdown, as the parser gives it. */
function hrefIn(markdown: string): string {
  const find = (tokens: readonly unknown[]): string | undefined => {
    for (const token of tokens as readonly Tokens.Generic[]) {
      if (token.type === 'link') return (token as Tokens.Link).href;
      const inner = find(token.tokens ?? []);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  return find(new Lexer({ gfm: true }).lex(markdown)) ?? 'no link';
}

describe('a link of an answer', () => {
  it.each([
    'https://files.example/o/photos%2F2026%2Fa.jpg?alt=media',
    'https://example.org/login?back=http%3A%2F%2Fx.example%3Fa%3D1%26b%3D2&state=c%2Bd%3D',
    'https://example.org/search?q=1+%2B+1&r=a%20b',
    'https://example.org/find?q=F%23%20code#L10-L20',
    'https://example.org/p?rate=50%25&raw=%252F',
    'https://m%C3%BCnchen.example/gr%C3%BCn?%E2%82%AC=1',
    'https://bucket.example.org/key?X-Amz-Credential=AK%2F2026%2Fs3&X-Amz-Signature=0a1b',
    'https://reader@git.example.org/team/repo',
    `https://example.org/new?body=${'word%20'.repeat(900)}`,
    'http://127.0.0.1:8080/?a=b%26c',
  ])('leads to the address as it is written: %s', (address) => {
    expect(linkTarget(hrefIn(`[a link](${address})`))).toEqual({ kind: 'web', href: address });
    expect(linkTarget(hrefIn(`bare: ${address}`))).toEqual({ kind: 'web', href: address });
  });

  it.each([
    ['https://user:secret@example.org/', 'its address holds a password'],
    ['javascript:alert(1)', 'links of this kind are not opened'],
    ['command:workbench.action.quit', 'links of this kind are not opened'],
    ['data:text/html,<script>alert(1)</script>', 'links of this kind are not opened'],
    ['vscode://file/etc/passwd', 'links of this kind are not opened'],
    ['https:\\\\example.org/a', 'its address cannot be read'],
    ['https:/example.org/a', 'its address cannot be read'],
    ['https://elsewhere.example\\.example.org/', 'its address cannot be read'],
    ['https://[broken', 'its address cannot be read'],
    ['//example.org/a', 'its address has no scheme'],
    ['https://example.org/\u202egpj.exe', 'its address has hidden characters'],
    ['https://exam\u200bple.org/', 'its address has hidden characters'],
    ['src/%00a', 'its path cannot be read'],
    ['', 'the link has no address'],
  ])('to %j is refused in words', (address, why) => {
    expect(linkTarget(address)).toEqual({ kind: 'refused', why });
  });

  it.each([
    ['src/a.ts', { path: 'src/a.ts' }],
    ['./docs/read%20me.md#L12', { path: './docs/read me.md', line: 12 }],
    ['src/a.ts:7', { path: 'src/a.ts', line: 7 }],
    ['src/a.ts#L7-L9', { path: 'src/a.ts', line: 7 }],
    ['/sandbox/a/b.txt', { path: '/sandbox/a/b.txt' }],
    ['file:///sandbox/100%.txt', { path: '/sandbox/100%.txt' }],
    ['docs/api.md#the-wire', { path: 'docs/api.md' }],
  ])('without a scheme, %s, names a file of the agent', (address, file) => {
    expect(linkTarget(address)).toEqual({ kind: 'file', ...file });
  });

  it('to a place within the answer is only its text', () => {
    expect(linkTarget('#summary')).toEqual({ kind: 'fragment' });
  });
});
