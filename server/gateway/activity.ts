import { Emitter } from '../base/emitter.ts';
import type { TurnPhase } from '../protocol/messages.ts';

/** A turn that runs at present. */
export interface RunningTurn {
  readonly agentId: string;
  readonly sessionId: string;
  readonly turnId: string;
  readonly phase: TurnPhase;
  /** The tool that was called last, in the phase `tool`. */
  readonly tool?: string | undefined;
}

/** The same words as the chat has in its status line. */
const words: Readonly<Record<TurnPhase, string>> = {
  sandbox: 'Starting sandbox',
  model_loading: 'Loading model',
  prompt: 'Working',
  thinking: 'Thinking',
  answering: 'Answering',
  tool: 'Working',
  waiting: 'Waiting',
};

/** Which turns run at present and what they do; the one answer to "is this agent working". */
export class Activity {
  readonly #running = new Map<string, RunningTurn>();
  /** Tells the agent whose activity changed. */
  readonly changed = new Emitter<string>();

  set(turn: RunningTurn): void {
    const previous = this.#running.get(turn.turnId);
    this.#running.set(turn.turnId, turn);
    if (previous?.phase !== turn.phase || previous.tool !== turn.tool) this.changed.emit(turn.agentId);
  }

  end(turnId: string): void {
    const turn = this.#running.get(turnId);
    if (turn === undefined) return;
    this.#running.delete(turnId);
    this.changed.emit(turn.agentId);
  }

  get count(): number {
    return this.#running.size;
  }

  /** What an agent does, as a word for its row; undefined when nothing runs. */
  wordOf(agentId: string): string | undefined {
    const turn = [...this.#running.values()].findLast((candidate) => candidate.agentId === agentId);
    if (turn === undefined) return undefined;
    return turn.phase === 'tool' && turn.tool === 'run_command' ? 'Running a command' : words[turn.phase];
  }
}
