/** Scripts that are written from right to left, with the mark that says so. */
const rightToLeft = String.raw`\u200f\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}`;
const firstStrong = new RegExp(`[${rightToLeft}\\p{L}\\u200e]`, 'u');
const isRightToLeft = new RegExp(`[${rightToLeft}]`, 'u');

/**
 * The direction of a text by its first strong character. For boxes whose blocks carry a direction of their own:
 * `dir="auto"` looks into none of those, so the box itself would always run from left to right.
 */
export function directionOf(text: string): 'ltr' | 'rtl' {
  const strong = firstStrong.exec(text)?.[0];
  return strong !== undefined && isRightToLeft.test(strong) ? 'rtl' : 'ltr';
}
