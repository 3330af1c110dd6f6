import type { ToolPart } from '../../server/protocol/messages.ts';
import { countedSeconds, durationWords } from './words.ts';

/** What a tool's row says. */
export interface ToolWords {
  /** `Run`, `Running`, `Ran`. */
  readonly verb: string;
  /** The object of the call: a command, the name of a file, a pattern. */
  readonly object: string;
  /** The folder of a file, after its name. */
  readonly folder?: string;
}

type Verbs = readonly [pending: string, running: string, done: string];

const verbsByTool: Readonly<Record<string, Verbs>> = {
  run_command: ['Run', 'Running', 'Ran'],
  read_file: ['Read', 'Reading', 'Read'],
  write_file: ['Write', 'Writing', 'Wrote'],
  edit_file: ['Edit', 'Editing', 'Edited'],
  search_files: ['Search', 'Searching', 'Searched'],
};
const fileTools: ReadonlySet<string> = new Set(['read_file', 'write_file', 'edit_file']);

/** The words of a tool's row; a tool that is not known here goes by its name. */
export function toolWords(part: ToolPart): ToolWords {
  const verbs = Object.hasOwn(verbsByTool, part.tool) ? verbsByTool[part.tool] : undefined;
  const [pending, running, done] = verbs ?? ['Use', 'Using', 'Used'];
  const verb = part.state === 'pending' ? pending : part.state === 'running' ? running : part.state === 'denied' ? 'Asked for' : done;
  const object = firstLine(verbs === undefined ? [part.tool, part.title].filter((word) => word !== '').join(' ') : part.title);
  const slash = object.lastIndexOf('/');
  if (!fileTools.has(part.tool) || slash <= 0 || slash === object.length - 1) return { verb, object };
  return { verb, object: object.slice(slash + 1), folder: object.slice(0, slash) };
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
  return [`${verb} ${folder === undefined ? object : `${folder}/${object}`}`, stateWord, toolFact(part), seconds].filter((word) => word !== undefined).join(', ');
}
