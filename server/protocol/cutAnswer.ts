/** The notice of an answer that the model did not bring to its end: it belongs at the end of the answer, and `chat/retry` with `resume` goes on from there. */
export const cutAtLimit = 'The answer stops here because the model reached its limit for one answer. Ask it to go on to read more.';
