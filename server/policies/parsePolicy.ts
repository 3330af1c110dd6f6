import crypto from 'node:crypto';
import type * as z from 'zod';
import { isAlias, isNode, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { AppError } from '../base/appError.ts';
import type { NetworkPolicies } from './networkSchema.ts';
import type { Policy } from './policy.ts';
import { PolicyFile } from './policySchema.ts';

/** Largest policy file in bytes. */
export const maxPolicyBytes = 262_144;

/**
 * Reads the text of a policy file. Throws `policy_invalid`, whose details name `file`, `line` (from 1) and `fix`, for
 * anything that is not exactly the format: a policy that does not parse denies.
 */
export function parsePolicy(name: string, file: string, text: string): Policy {
  const lines = new LineCounter();
  const refuse = (offset: number, problem: string, fix: string): never => {
    throw policyInvalid(file, lines.linePos(offset).line, problem, fix);
  };
  if (Buffer.byteLength(text) > maxPolicyBytes) throw policyInvalid(file, 1, 'the file is larger than 256 KiB', 'Shorten it.');
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', schema: 'core', merge: false, uniqueKeys: true, prettyErrors: false });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) refuse(problem.pos[0], firstSentence(problem.message), 'Correct the YAML there.');
  visit(document, {
    Alias: (_key, node) => refuse(node.range?.[0] ?? 0, 'an alias is used', 'Write the value out; aliases and anchors are not read.'),
  });
  const parsed = PolicyFile.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return toPolicy(name, text, parsed.data);
  const issue = firstIssue(parsed.error.issues);
  return refuse(offsetOf(document, issue.path), issue.problem, issue.fix);
}

/** A `policy_invalid` error that points at a line. */
export function policyInvalid(file: string, line: number, problem: string, fix: string): AppError {
  return new AppError('policy_invalid', `The policy ${file} is not valid: line ${line}, ${problem}.`, {
    reason: 'does_not_parse',
    hint: `${fix} Until then everything is denied.`,
    details: { file, line, fix },
  });
}

interface Found {
  readonly path: readonly PropertyKey[];
  readonly problem: string;
  readonly fix: string;
}

function firstIssue(issues: readonly z.core.$ZodIssue[]): Found {
  const issue = issues[0];
  if (issue === undefined) return { path: [], problem: 'it does not fit the format', fix: 'Compare it with policies/README.md.' };
  const where = issue.path.join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    return { path: [...issue.path, key], problem: `unknown field "${key}" in ${where}`, fix: `Remove "${key}", or correct its spelling.` };
  }
  if (issue.code === 'invalid_union') {
    return { path: issue.path, problem: `${where} must be 'sandbox' or a numeric id from 1 to 4294967294, or another value of its kind`, fix: `Correct ${where}.` };
  }
  return { path: issue.path, problem: `${where}: ${lowerFirst(issue.message)}`, fix: `Correct ${where}.` };
}

/** The offset of the deepest part of a path that is in the document; an unknown field is found by its key. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true) ?? document.contents;
    const key = path[length - 1];
    const items = isCollection(parent) ? parent.items : [];
    const pair = items.find((item) => isNode(item.key) && String(item.key) === String(key));
    if (isNode(pair?.key)) return pair.key.range?.[0] ?? 0;
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && !isAlias(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}

function isCollection(value: unknown): value is { items: { key?: unknown }[] } {
  return typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items);
}

function toPolicy(name: string, text: string, file: PolicyFile): Policy {
  const network = file.network_policies ?? {};
  return {
    name,
    text,
    hash: crypto.createHash('sha256').update(text).digest('hex'),
    filesystem: {
      includeWorkdir: file.filesystem_policy?.include_workdir ?? false,
      readOnly: (file.filesystem_policy?.read_only ?? []).map(withoutEndSlash),
      readWrite: (file.filesystem_policy?.read_write ?? []).map(withoutEndSlash),
    },
    landlock: file.landlock?.compatibility ?? 'best_effort',
    runAsUser: asText(file.process?.run_as_user),
    runAsGroup: asText(file.process?.run_as_group),
    networkRules: Object.keys(network),
    networkHosts: hostsOf(network),
    networkMiddlewares: Object.keys(file.network_middlewares ?? {}),
  };
}

function hostsOf(network: NetworkPolicies): string[] {
  const endpoints = Object.values(network).flatMap((rule) => rule.endpoints);
  return [...new Set(endpoints.flatMap((endpoint) => (endpoint.host === undefined ? (endpoint.allowed_ips ?? []) : [endpoint.host])))];
}

const withoutEndSlash = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
const asText = (value: string | number | undefined): string | undefined => (value === undefined ? undefined : String(value));
const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
const firstSentence = (text: string): string => lowerFirst(text.split('\n')[0] ?? '').replace(/[.:]$/, '');
