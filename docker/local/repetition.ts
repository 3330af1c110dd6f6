/** What to do with a call that was made before. */
export type RepetitionVerdict = 'run' | 'warn' | 'end';

/** Watches for a model that makes one call over and over: the third time in a row it is told, the next time the task ends. */
export class Repetition {
  #last = '';
  #times = 0;

  judge(tool: string, args: string): RepetitionVerdict {
    const call = `${tool}\n${args}`;
    this.#times = call === this.#last ? this.#times + 1 : 1;
    this.#last = call;
    if (this.#times < 3) return 'run';
    return this.#times === 3 ? 'warn' : 'end';
  }
}
