/** Characters (UTF-16 code units) that a message holds at most: what is longer is refused whole, never cut. */
export const maxMessageChars = 1_048_576;
