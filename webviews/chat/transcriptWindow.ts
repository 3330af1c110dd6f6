/** Which turns are drawn, and how much room stands for those above and below, in px. */
export interface TranscriptWindow {
  readonly start: number;
  /** The first turn below that is not drawn. */
  readonly end: number;
  readonly above: number;
  readonly below: number;
}

/** What the reader sees of the column of turns, in px from its top. */
export interface Viewport {
  readonly top: number;
  readonly height: number;
}

/** How tall a turn is taken to be until it has been drawn. */
export const estimatedTurnHeight = 160;
/** How far beyond the view turns are drawn, in px: far enough that a page of scrolling meets drawn text. */
const overscan = 600;
/** However little they hold, no more turns than this are drawn. */
const maxTurns = 60;

/** Chooses the turns that the view and its surroundings touch; always at least one when there is any. */
export function windowOf(heights: readonly number[], view: Viewport): TranscriptWindow {
  const total = heights.reduce((sum, height) => sum + height, 0);
  const from = Math.max(0, Math.min(view.top, total - view.height) - overscan);
  const to = Math.min(view.top, Math.max(0, total - view.height)) + view.height + overscan;
  let start = 0;
  let above = 0;
  while (start < heights.length - 1 && above + (heights[start] ?? 0) <= from) above += heights[start++] ?? 0;
  let end = start;
  let bottom = above;
  while (end < heights.length && (bottom < to || end === start) && end - start < maxTurns) bottom += heights[end++] ?? 0;
  return { start, end, above, below: Math.max(0, total - bottom) };
}

/** Chooses the turns at the end: what a reader who follows sees. */
export function windowAtEnd(heights: readonly number[], viewHeight: number): TranscriptWindow {
  const total = heights.reduce((sum, height) => sum + height, 0);
  let start = heights.length;
  let drawn = 0;
  while (start > 0 && (drawn < viewHeight + overscan || start === heights.length) && heights.length - start < maxTurns) drawn += heights[--start] ?? 0;
  return { start, end: heights.length, above: Math.max(0, total - drawn), below: 0 };
}
