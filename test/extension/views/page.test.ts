import { describe, expect, it } from 'vitest';
import { pageHtml } from '../../../extension/views/page.ts';

const html = pageHtml({ title: 'Chat', stateKey: 'chat-0123', nonce: 'abc', cspSource: 'https://self', scriptUri: 'https://self/chat.js', iconsUri: 'https://self/codicon.css' });
const policy = /content="([^"]*)"/.exec(html)?.[1] ?? '';

describe('the page of a view', () => {
  it('forbids everything that is not named', () => {
    expect(policy.startsWith("default-src 'none'")).toBe(true);
  });

  it('has no unsafe source, no remote host and no connection of its own', () => {
    expect(policy).not.toMatch(/unsafe|https:(?!\/\/self)|http:|\*|connect-src/);
  });

  it('runs one script, which carries the nonce', () => {
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain('<script nonce="abc" src="https://self/chat.js">');
    expect(policy).toContain("script-src 'nonce-abc'");
  });

  it('tells the page under which name it keeps its state', () => {
    expect(html).toContain('<body data-state-key="chat-0123">');
  });

  it('has no inline style and no inline handler', () => {
    expect(html).not.toMatch(/<style|style=|\son\w+=/);
  });
});
