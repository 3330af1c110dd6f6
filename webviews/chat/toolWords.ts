import type { ToolPart } from '../../server/protocol/messages.ts';
import { countedSeconds, durationWords } from './words.ts';

/** What a tool's row says. */
export interface ToolWords {
  /** `Run`, `Running`, `Ran`, `Could not run`; with what it is about, such as `Could not edit a file`, when the call does not name it. */
  readonly verb: string;
  /** The object of the call: a command, the name of a file, a pattern; empty when the call does not name it. */
  readonly object: string;
  /** The folder of a file, after its name. */
  readonly folder?: string;
}

interface Verbs {
  readonly pending: string;
  readonly running: string;
  readonly done: string;
  /** What the call is about when it does not say so itself. */
  readonly unnamed: string;
}

const verbsByTool: Readonly<Record<string, Verbs>> = {
  run_command: { pending: 'Run', running: 'Running', done: 'Ran', unnamed: 'a command' },
  read_file: { pending: 'Read', running: 'Reading', done: 'Read', unnamed: 'a file' },
  write_file: { pending: 'Write', running: 'Writing', done: 'Wrote', unnamed: 'a file' },
  edit_file: { pending: 'Edit', running: 'Editing', done: 'Edited', unnamed: 'a file' },
  search_files: { pending: 'Search', running: 'Searching', done: 'Searched', unnamed: 'files' },
};
const otherVerbs: Verbs = { pending: 'Use', running: 'Using', done: 'Used', unnamed: 'a tool' };
const fileTools: ReadonlySet<string> = new Set(['read_file', 'write_file', 'edit_file']);

/** The words of a tool's row; a tool that is not known here goes by its name. */
export function toolWords(part: ToolPart): ToolWords {
  const known = Object.hasOwn(verbsByTool, part.tool) ? verbsByTool[part.tool] : undefined;
  const verb = verbOf(part, known ?? otherVerbs);
  // A call whose arguments could not be read has the tool's name for a title.
  if (known !== undefined && (part.title === part.tool || part.title.trim() === '')) return { verb: `${verb} ${known.unnamed}`, object: '' };
  const object = firstLine(known === undefined ? [part.tool, part.title].filter((word, index, all) => word !== '' && all.indexOf(word) === index).join(' ') : part.title);
  const slash = object.lastIndexOf('/');
  if (!fileTools.has(part.tool) || slash <= 0 || slash === object.length - 1) return { verb, object };
  return { verb, object: object.slice(slash + 1), folder: object.slice(0, slash) };
}

/** A command that ended with an exit code was run all the same; any other call that failed did not do what its verb says. */
function verbOf(part: ToolPart, verbs: Verbs): string {
  switch (part.state) {
    case 'pending':
      return verbs.pending;
    case 'running':
      return verbs.running;
    case 'denied':
      return 'Asked for';
    case 'failed':
      return part.tool === 'run_command' && part.result !== undefined ? verbs.done : `Could not ${verbs.pending.toLowerCase()}`;
    default:
      return verbs.done;
  }
}

function firstLine(text: string): string {
  return (text.trimStart().split('\n')[0] ?? '').slice(0, 300);
}

/** The fact that stands after the object: `exit 1`, `9 hits`, `stopped`, `timed out after 120 s`. */
export function toolFact(part: ToolPart): string | undefined {
  if (part.state === 'pending') return 'waits for a slot';
  if (part.state === 'stopped') return 'stopped';
  if (part.state === 'timed_out') return part.durationMs === undefined ? 'timed out' : `timed out after ${Math.round(part.durationMs / 1000)} s`;
  if (part.state === 'failed') return part.result ?? part.error ?? 'failed';
  return part.result;
}

/** The time in the row: what it took, when that can be told in tenths of a second, or the whole seconds so far from one second on. */
export function toolTime(part: ToolPart, now: number): string | undefined {
  if (part.state === 'timed_out') return undefined;
  if (part.durationMs !== undefined) return part.durationMs < 50 ? undefined : durationWords(part.durationMs);
  const elapsed = now - part.startedAt;
  return part.state === 'running' && elapsed >= 1000 ? countedSeconds(elapsed) : undefined;
}

/** The row in one breath, for screen readers: `Ran npm test, failed, exit 1, 4.1 seconds`. */
export function toolName(part: ToolPart): string {
  const { verb, object, folder } = toolWords(part);
  const stateWord = part.state === 'failed' ? 'failed' : part.state === 'running' ? 'running' : undefined;
  const seconds = part.durationMs === undefined ? undefined : `${(part.durationMs / 1000).toFixed(1)} seconds`;
  return [`${verb} ${folder === undefined ? object : `${folder}/${object}`}`.trimEnd(), stateWord, toolFact(part), seconds].filter((word) => word !== undefined).join(', ');
}
