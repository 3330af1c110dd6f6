/** Joins pieces of text so that none ends in half a surrogate pair; a half that stays alone becomes U+FFFD. */
export interface WholeCharacters {
  push(text: string): string;
  end(): string;
}

/** Makes WholeCharacters for one channel of one stream. */
export function createWholeCharacters(): WholeCharacters {
  let half = '';
  return {
    push(text) {
      const joined = half + text;
      const last = joined.charCodeAt(joined.length - 1);
      const isHalf = last >= 0xd800 && last <= 0xdbff;
      half = isHalf ? joined.slice(-1) : '';
      return (isHalf ? joined.slice(0, -1) : joined).toWellFormed();
    },
    end() {
      const rest = half.toWellFormed();
      half = '';
      return rest;
    },
  };
}
