import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { EarlierTurns } from '../../docker/local/files/earlierTurns.ts';
import { SeenFiles } from '../../docker/local/files/seenFiles.ts';
import { ToolFailure, type ToolOutcome } from '../../docker/local/tools/tool.ts';
import { checkArguments } from '../../docker/local/tools/toolArguments.ts';
import { chooseTools } from '../../docker/local/tools/tools.ts';
import type { HistoryMessage } from '../../server/protocol/worker.ts';

/** Calls a tool as the worker does, its arguments checked first; rejects with a ToolFailure. */
export type CallTool = (name: string, raw: Record<string, unknown>) => Promise<ToolOutcome>;

/** A workspace in which tools are called. */
export class ToolBench {
  readonly workspace: string;
  /** Calls of one task. */
  readonly call: CallTool = this.newTask();

  private constructor(workspace: string) {
    this.workspace = workspace;
  }

  static async create(): Promise<ToolBench> {
    return new ToolBench(await fs.mkdtemp(path.join(os.tmpdir(), 'logos-tools-')));
  }

  /** Another task in the same workspace, as of another session; it has read nothing yet. */
  newTask(signal: AbortSignal = new AbortController().signal, history: readonly HistoryMessage[] = []): CallTool {
    const seen = new SeenFiles();
    const earlier = new EarlierTurns(history, this.workspace);
    return async (name, raw) => {
      const tool = chooseTools([name], 'write')[0];
      if (tool === undefined) throw new Error(`There is no tool ${name}.`);
      const args = checkArguments(raw, tool.parameters);
      if (typeof args === 'string') throw new ToolFailure(args);
      return await tool.run(args, { workspacePath: this.workspace, environment: process.env, outputBytes: 65_536, signal, seen, earlierTextOf: (file) => earlier.textOf(file), onOutput: () => undefined });
    };
  }

  path(name: string): string {
    return path.join(this.workspace, name);
  }

  async put(name: string, content: string | Buffer): Promise<void> {
    await fs.mkdir(path.dirname(this.path(name)), { recursive: true });
    await fs.writeFile(this.path(name), content);
  }

  /** The bytes of a file, one character each. */
  async bytes(name: string): Promise<string> {
    return await fs.readFile(this.path(name), 'latin1');
  }

  async text(name: string): Promise<string> {
    return await fs.readFile(this.path(name), 'utf8');
  }

  /** All names in the workspace, hidden ones included. */
  async names(): Promise<string[]> {
    return (await fs.readdir(this.workspace)).toSorted();
  }

  async dispose(): Promise<void> {
    await fs.rm(this.workspace, { recursive: true, force: true });
  }
}
