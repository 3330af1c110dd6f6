import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import type { PolicyRule } from '../protocol/policies.ts';
import type { Policy } from './policy.ts';
import { workspacePath } from './workspace.ts';

type Section = PolicyRule['section'];

/** What a policy allows, rule by rule, each with the line of the file that says so. The text was parsed before, so it has the format. */
export function explainPolicy({ text }: Policy): PolicyRule[] {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, version: '1.2', schema: 'core' });
  const lines = text.split(/\r?\n/);
  const rules: PolicyRule[] = [];
  const add = (section: Section, words: string, node: unknown): void => {
    const line = isNode(node) ? counter.linePos(node.range?.[0] ?? 0).line : 1;
    rules.push({ section, words, line, text: (lines[line - 1] ?? '').trim() });
  };
  const own = document.getIn(['filesystem_policy', 'include_workdir'], true);
  if (isScalar(own) && own.value === true) add('files', 'reads and writes its workspace', own);
  for (const [field, verb] of [['read_only', 'reads'], ['read_write', 'reads and writes']] as const) {
    for (const item of itemsOf(document.getIn(['filesystem_policy', field], true))) add('files', `${verb} ${placeWords(textOf(item))}`, item);
  }
  for (const [key, value] of pairsOf(document.get('network_policies', true))) add('network', `reaches ${hostWords(value)} by the rule ${textOf(key)}`, key);
  for (const [key, value] of pairsOf(document.get('process', true))) add('process', `${textOf(key) === 'run_as_group' ? 'has the group' : 'runs as the user'} ${textOf(value)}`, key);
  return rules;
}

function placeWords(path: string): string {
  if (path === workspacePath) return 'its workspace';
  return path === '/' ? 'every folder that the sandbox shows' : path;
}

function hostWords(rule: unknown): string {
  const endpoints = isMap(rule) ? itemsOf(rule.get('endpoints', true)) : [];
  const names = endpoints.flatMap((endpoint) => (isMap(endpoint) ? [textOf(endpoint.get('host', true)) || itemsOf(endpoint.get('allowed_ips', true)).map(textOf).join(', ')] : []));
  return [...new Set(names.filter((name) => name !== ''))].join(', ') || 'no host';
}

function itemsOf(node: unknown): readonly unknown[] {
  return isSeq(node) ? node.items : [];
}

function pairsOf(node: unknown): (readonly [Node | undefined, unknown])[] {
  return isMap(node) ? node.items.map(({ key, value }) => [isNode(key) ? key : undefined, value] as const) : [];
}

function textOf(node: unknown): string {
  return isScalar(node) ? String(node.value) : '';
}
