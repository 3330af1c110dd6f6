import type { Limit, LimitName } from '../protocol/limits.ts';
import type { Machine } from './machine.ts';

/** A limit without its value. */
export interface LimitRow extends Omit<Limit, 'value' | 'name' | 'enforcedBy'> {
  /** Absent where the sandbox engine says what holds it. */
  readonly enforcedBy?: 'gateway' | 'worker';
}

/** A value for each limit. */
export type LimitValues = Readonly<Record<LimitName, number>>;

const mebibyte = 1_048_576;
const gibibyte = 1024 * mebibyte;
const tebibyte = 1024 * gibibyte;

/** Places for each core: a task waits for its model most of the time. */
const tasksPerCore = 32;
/** What a task takes while it waits for its model: a worker, and bubblewrap around it. */
const bytesPerTask = 160 * mebibyte;

/** What people call each limit; hints name them so. */
export const limitLabels: Readonly<Record<LimitName, string>> = {
  memoryBytes: 'Memory of a task',
  processes: 'Processes of a task',
  openFiles: 'Open files of a process',
  fileBytes: 'Size of a file',
  workspaceBytes: 'Size of a workspace',
  toolMs: 'Time of a tool call',
  toolOutputBytes: 'Output of a tool call',
  tasks: 'Tasks at once',
  modelCalls: 'Model calls of a task',
  turnTokens: 'Tokens of a turn',
  iterations: 'Steps of a task',
};

/** Every limit by name, in the order in which lists show them. */
export function limitTable(machine: Machine): Readonly<Record<LimitName, LimitRow>> {
  const row = (name: LimitName, rest: Omit<LimitRow, 'label'>): LimitRow => ({ label: limitLabels[name], ...rest });
  const worker = { enforcedBy: 'worker' } as const;
  const gateway = { enforcedBy: 'gateway' } as const;
  return {
    memoryBytes: row('memoryBytes', {
      unit: 'bytes', default: 2 * gibibyte, least: 256 * mebibyte, most: tebibyte,
      summary: 'What all processes of a task may hold in memory together.',
    }),
    processes: row('processes', {
      unit: 'count', default: 256, least: 64, most: Math.min(32_768, machine.processes ?? Infinity),
      summary: 'How many processes and threads a task may have at once; a worker alone has about eleven.',
    }),
    openFiles: row('openFiles', {
      unit: 'count', default: 1024, least: 128, most: Math.min(1_048_576, machine.openFiles ?? Infinity),
      summary: 'How many files each process of a task may have open at once.',
    }),
    fileBytes: row('fileBytes', {
      unit: 'bytes', default: gibibyte, least: mebibyte, most: tebibyte,
      summary: 'How large one file may become that a task writes.',
    }),
    workspaceBytes: row('workspaceBytes', {
      unit: 'bytes', default: 5 * gibibyte, least: 16 * mebibyte, most: 16 * tebibyte,
      summary: 'How much of the disk the workspace of an agent may take.',
    }),
    toolMs: row('toolMs', {
      ...worker, unit: 'ms', default: 120_000, least: 1_000, most: 86_400_000,
      summary: 'How long one tool call may take before it is ended.',
    }),
    toolOutputBytes: row('toolOutputBytes', {
      ...worker, unit: 'bytes', default: 65_536, least: 2_048, most: 131_072,
      summary: 'How much output of one tool call the model is given; the middle of more is left out.',
    }),
    tasks: row('tasks', {
      ...gateway, unit: 'count', default: defaultTasks(machine), least: 1, most: 1_000,
      summary: 'How many tasks run at once; the others wait for a free place, each agent in its turn.',
    }),
    modelCalls: row('modelCalls', {
      ...gateway, unit: 'count', default: 300, least: 1, most: 100_000,
      summary: 'How many calls of its model a task may make, whatever its worker counts.',
    }),
    turnTokens: row('turnTokens', {
      ...gateway, unit: 'count', default: 20_000_000, least: 1_000, most: 10_000_000_000,
      summary: 'How many tokens the model may read and write for one attempt at a turn; the call that reaches it is the last.',
    }),
    iterations: row('iterations', {
      ...worker, unit: 'count', default: 90, least: 1, most: 1_000,
      summary: 'How many steps a task may take: a step is an answer of the model with the tool calls in it.',
    }),
  };
}

/** What counts where nothing is set. */
export function defaultValues(machine: Machine): LimitValues {
  return Object.fromEntries(Object.entries(limitTable(machine)).map(([name, row]) => [name, row.default])) as LimitValues;
}

function defaultTasks({ cores, memoryBytes }: Machine): number {
  return Math.max(4, Math.min(tasksPerCore * cores, Math.floor(memoryBytes / 2 / bytesPerTask)));
}
