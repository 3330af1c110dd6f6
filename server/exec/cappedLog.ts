import type { LogLevel } from '../protocol/logs.ts';
import type { LogContext, Logger } from '../log/logger.ts';

/** Writes at most `maxLines` lines to a log, each at most `maxChars` long, and says once what follows is left out. */
export class CappedLog {
  readonly #logger: Logger;
  readonly #context: () => LogContext;
  readonly #maxLines: number;
  readonly #maxChars: number;
  #lines = 0;

  constructor(logger: Logger, options: { context: () => LogContext; maxLines: number; maxChars: number }) {
    this.#logger = logger;
    this.#context = options.context;
    this.#maxLines = options.maxLines;
    this.#maxChars = options.maxChars;
  }

  write(level: LogLevel, text: string): void {
    this.#lines += 1;
    if (this.#lines <= this.#maxLines) this.#logger.log(level, clip(text, this.#maxChars), this.#context());
    else if (this.#lines === this.#maxLines + 1) this.#logger.warn(`More than ${this.#maxLines} such lines in one task; the rest is left out.`, this.#context());
  }
}

/** The first `maxChars` of a text. */
export function clip(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
