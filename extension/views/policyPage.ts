import type { Agent } from '../../server/protocol/agents.ts';
import type { PolicySummary } from '../../server/protocol/policies.ts';
import type { Sandbox, SandboxLimit } from '../../server/protocol/sandboxes.ts';
import { labelText } from '../trees/labelText.ts';

/** In an editor "workspace" could be taken for the folder that is open. */
const workspaceWords = 'Its workspace is a folder of its own sandbox; the folder that is open in VS Code is not in it.';

/** The text that says what an agent may touch. `summary` is of its policy, `sandbox` is there once it was made; what is not known is left out. */
export function policyPage({ name, policy }: Agent, summary: PolicySummary | undefined, sandbox: Sandbox | undefined): string {
  const lead = `${labelText(name)}: ${labelText(policy.words, 1_000)}. Everything else is blocked.`;
  const limits = (sandbox?.limits ?? []).map((limit) => `  ${limitWords(limit)} (held by ${limit.enforcedBy})`);
  const engine = sandbox?.apiVersion ?? sandbox?.engine ?? 'known when its sandbox has started, with the limits that it holds';
  const rules = policy.words.split(', ').map((rule) => `  ${labelText(rule, 200)}`);
  const lines = [lead, workspaceWords, '', `Policy: ${labelText(policy.name)} (${fileWords(policy.name, summary)})`, `Engine: ${engine}`, '', 'Rules', ...rules];
  return [...lines, ...(limits.length === 0 ? [] : ['', 'Limits', ...limits]), ''].join('\n');
}

function fileWords(name: string, summary: PolicySummary | undefined): string {
  const file = `policies/${labelText(name)}.yaml`;
  if (summary === undefined) return file;
  return summary.origin === 'own' ? `${file} in the state directory` : `${file}, which came with Logos`;
}

const limitNames: { readonly [N in SandboxLimit['name']]: string } = {
  memoryBytes: 'Memory',
  processes: 'Processes',
  openFiles: 'Open files of a process',
  fileBytes: 'Largest file',
  workspaceBytes: 'All files of the workspace',
  toolMs: 'Time of a tool call',
  toolOutputBytes: 'Output of a tool call',
};

function limitWords({ name, value }: SandboxLimit): string {
  const words = name.endsWith('Bytes') ? bytesWords(value) : name.endsWith('Ms') ? `${value / 1_000} s` : value.toLocaleString('en-US');
  return `${limitNames[name]}: ${words}`;
}

/** A size in words, `1.2 GB`. */
export function bytesWords(bytes: number): string {
  const step = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** step).toFixed(1))} ${['bytes', 'KB', 'MB', 'GB'][step]}`;
}
