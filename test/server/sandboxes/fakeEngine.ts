import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../../server/base/appError.ts';
import type { Policy } from '../../../server/policies/policy.ts';
import { parsePolicy } from '../../../server/policies/parsePolicy.ts';
import type { EngineProbe, PreparedSandbox, SandboxEngine, SandboxSpec } from '../../../server/sandboxes/engine.ts';

/** An engine with real folders and no processes; how its next probe ends can be said. */
export class FakeEngine implements SandboxEngine {
  readonly name = 'bubblewrap';
  readonly capabilities = { keepsStdinOpen: true, inferenceSocketPath: '/run/logos/inference.sock', workspacePath: '/sandbox' };
  readonly folder: string;
  probes = 0;
  probeError: AppError | undefined;
  /** Holds probes back until it is called. */
  letGo: (() => void) | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  async probe(): Promise<EngineProbe> {
    this.probes += 1;
    if (this.letGo !== undefined) await new Promise<void>((resolve) => { this.letGo = resolve; });
    if (this.probeError !== undefined) throw this.probeError;
    return { version: 'fake 1.0', latencyMs: 1, limits: [{ name: 'processes', value: 256, enforcedBy: 'rlimit' }] };
  }

  assertEnforces(policy: Policy): void {
    if (policy.networkRules.length > 0) throw new AppError('policy_unenforceable', 'no network', { hint: 'h' });
  }

  async prepare(spec: SandboxSpec): Promise<PreparedSandbox> {
    const homePath = path.join(this.folder, spec.agentId);
    fs.mkdirSync(homePath, { recursive: true });
    return { spec, hash: spec.policy.hash, homePath };
  }

  homeOf(agentId: string): string | undefined {
    const homePath = path.join(this.folder, agentId);
    return fs.existsSync(homePath) ? homePath : undefined;
  }

  createTaskDirectory(): Promise<never> {
    return Promise.reject(new Error('This engine runs nothing.'));
  }

  start(): Promise<never> {
    return Promise.reject(new Error('This engine runs nothing.'));
  }

  async remove(agentId: string): Promise<void> {
    fs.rmSync(path.join(this.folder, agentId), { recursive: true, force: true });
  }

  async dispose(): Promise<void> {
    await Promise.resolve();
  }
}

/** A policy from YAML lines below `version: 1`. */
export function policyOf(more = 'filesystem_policy: { include_workdir: true, read_only: [/usr, /lib, /lib64, /bin, /etc, /proc], read_write: [/tmp] }'): Policy {
  return parsePolicy('test', 'test.yaml', `version: 1\n${more}\n`);
}
