import { describe, expect, it } from 'vitest';
import { highlight } from '../../webviews/chat/highlight.ts';
import { toolInput } from '../../webviews/chat/toolInput.ts';

describe('what a tool was given', () => {
  it('is the whole command, line by line', () => {
    const command = 'set -e\nfor n in 1 2 3; do\n  echo $n\ndone';
    expect(toolInput({ tool: 'run_command', title: 'set -e', args: { command } })).toEqual({ text: command, language: 'sh' });
  });

  it('is the text that is written, in the language of its file', () => {
    expect(toolInput({ tool: 'write_file', title: 'src/a.ts', args: { path: 'src/a.ts', content: 'let a;\n' } })).toEqual({ text: 'let a;\n', language: 'ts' });
  });

  it('is the change as lines that go and lines that come, with what stays about them', () => {
    const args = { path: 'a', oldText: 'one\ntwo\nthree', newText: 'one\n2\n2b\nthree' };
    expect(toolInput({ tool: 'edit_file', title: 'a', args })).toEqual({ text: ' one\n-two\n+2\n+2b\n three', language: 'diff' });
    expect(toolInput({ tool: 'edit_file', title: 'a', args: { oldText: 'x\nx', newText: 'x' } })?.text).toBe(' x\n-x');
  });

  it('is all arguments of a tool that is not known here, unless its row says them', () => {
    expect(toolInput({ tool: 'weather', title: 'Oslo', args: { city: 'Oslo' } })).toBeUndefined();
    expect(toolInput({ tool: 'weather', title: 'Oslo', args: { city: 'Oslo', days: 3 } })?.language).toBe('json');
  });

  it('that is broken is nothing', () => {
    for (const tool of ['run_command', 'write_file', 'edit_file']) expect(toolInput({ tool, title: tool, args: { command: 1, content: [], oldText: {} } })).toBeUndefined();
  });
});

describe('a block of diff', () => {
  it('tints what comes and what goes, keeps every character, and takes the heads for neither', () => {
    const code = 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n';
    const pieces = highlight(code, 'Diff');
    expect(pieces.map(({ text }) => text).join('')).toBe(code);
    expect(pieces.filter(({ tone }) => tone === 'added')).toEqual([{ tone: 'added', text: '+new\n' }]);
    expect(pieces.filter(({ tone }) => tone === 'removed')).toEqual([{ tone: 'removed', text: '-old\n' }]);
    expect(pieces[0]).toEqual({ tone: 'comment', text: code.slice(0, code.indexOf(' same')) });
  });
});
