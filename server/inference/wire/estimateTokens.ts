/** A rough count of a text's tokens, not rounded: about four Latin letters or one sign of another script each. */
export function estimateTokens(text: string): number {
  let other = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x2ff) other += 1;
  return (text.length - other) / 4 + other;
}
