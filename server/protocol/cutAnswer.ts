/** The notice of an answer that the model did not bring to its end: it belongs at the end of the answer, and `chat/retry` with `resume` goes on from there. */
export const cutAtLimit = 'The answer stops here because the model reached its limit for one answer. Ask it to go on to read more.';

const cutWords = {
  filter: 'The answer stops here because a filter of the model or of its provider cut it',
  cut: 'The answer stops here because the model server could not go on',
  unknown: 'The answer may not be whole: the model server ended it with a word that is not known',
} as const;

/** As `cutAtLimit`, of an answer that ended for another reason than that it was done; `word` is the server's own for it. */
export function cutBy(finish: keyof typeof cutWords, word: string): string {
  return `${cutWords[finish]} (${word}).`;
}

/** Whether a notice belongs at the end of the answer, and whether going on from there can help. */
export function readCut(notice: string): { readonly isCut: boolean; readonly canGoOn: boolean } {
  const isCut = notice === cutAtLimit || Object.values(cutWords).some((words) => notice.startsWith(words));
  return { isCut, canGoOn: isCut && !notice.startsWith(cutWords.filter) };
}
