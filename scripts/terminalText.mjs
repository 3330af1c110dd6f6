// Text of others for a terminal: a model, a tool or a server may put into it what a terminal obeys.

/** Shows control characters instead of sending them: nothing in the text moves the cursor, sets the title or writes to the clipboard. New lines and tabs stay. */
export function terminalText(text) {
  return text.replaceAll('\r', '').replace(/[^\P{Cc}\n\t]/gu, (character) => {
    const code = character.codePointAt(0);
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}
