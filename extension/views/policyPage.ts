import type { Agent } from '../../server/protocol/agents.ts';
import type { ErrorInfo } from '../../server/protocol/errors.ts';
import type { PolicyExplanation, PolicyRule, PolicySummary } from '../../server/protocol/policies.ts';
import type { Sandbox, SandboxLimit } from '../../server/protocol/sandboxes.ts';
import { labelText } from '../trees/labelText.ts';

/** In an editor "workspace" could be taken for the folder that is open. */
const workspaceWords = 'Its workspace is a folder of its own sandbox; the folder that is open in VS Code is not in it.';

/** What the page of a policy is made from; what is not known is left out. */
export interface PolicyFacts {
  readonly agent: Agent;
  readonly summary: PolicySummary | undefined;
  /** Its rules with the lines of its file, or why they cannot be read. */
  readonly explained: PolicyExplanation | ErrorInfo | undefined;
  /** There once it was made. */
  readonly sandbox: Sandbox | undefined;
}

/** The text that says what an agent may touch, each rule beside the line of the file that it comes from. */
export function policyPage({ agent: { name, policy }, summary, explained, sandbox }: PolicyFacts): string {
  const lead = `${labelText(name)}: ${labelText(policy.words, 1_000)}. Everything else is blocked.`;
  const limits = (sandbox?.limits ?? []).map((limit) => `  ${limitWords(limit)} (held by ${limit.enforcedBy})`);
  const engine = sandbox?.apiVersion ?? sandbox?.engine ?? 'known when its sandbox has started, with the limits that it holds';
  const lines = [lead, workspaceWords, '', `Policy: ${labelText(policy.name)} (${fileWords(policy.name, summary)})`, `Engine: ${engine}`];
  return [...lines, ...ruleSections(policy, explained), ...(limits.length === 0 ? [] : ['', 'Limits', ...limits]), ''].join('\n');
}

const sectionTitles: { readonly [S in PolicyRule['section']]: string } = { files: 'Files', network: 'Network', process: 'Runs as' };
const nothingAllowed: { readonly [S in PolicyRule['section']]: string | undefined } = { files: 'no file, not even its workspace', network: 'no network; its model alone, through the gateway', process: undefined };

function ruleSections(policy: Agent['policy'], explained: PolicyExplanation | ErrorInfo | undefined): string[] {
  if (explained === undefined) return ['', 'Rules', ...policy.words.split(', ').map((rule) => `  ${labelText(rule, 200)}`)];
  if (!('rules' in explained)) return ['', 'Rules', `  ${labelText(`${explained.message} ${explained.hint}`, 600)}`];
  const width = Math.min(48, Math.max(...explained.rules.map(({ words }) => labelText(words, 120).length)));
  const placeOf = ({ line }: PolicyRule): string => `${labelText(policy.name)}.yaml:${line}`;
  const placeWidth = Math.max(...explained.rules.map((rule) => placeOf(rule).length));
  const row = (rule: PolicyRule): string => `  ${labelText(rule.words, 120).padEnd(width)}  ${placeOf(rule).padEnd(placeWidth)}  ${labelText(rule.text, 160)}`;
  return (Object.keys(sectionTitles) as PolicyRule['section'][]).flatMap((section) => {
    const rules = explained.rules.filter((rule) => rule.section === section).map(row);
    const none = nothingAllowed[section];
    if (rules.length === 0 && none === undefined) return [];
    const writes = section === 'files' && !explained.rules.some(({ words }) => words.includes('writes')) ? ['  writes nothing'] : [];
    return ['', sectionTitles[section], ...(rules.length === 0 ? [`  ${none ?? ''}`] : [...rules, ...writes])];
  });
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
