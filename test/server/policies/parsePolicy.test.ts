import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AppError } from '../../../server/base/appError.ts';
import { parsePolicy } from '../../../server/policies/parsePolicy.ts';
import { PolicyFile } from '../../../server/policies/policySchema.ts';
import { readPolicyMounts } from '../../../server/sandboxes/bubblewrap/policyMounts.ts';

const folder = path.join(import.meta.dirname, '../../../policies');
const read = (name: string): string => fs.readFileSync(path.join(folder, name), 'utf8');
const parse = (text: string) => parsePolicy('mine', 'mine.yaml', text);

function refusal(text: string): { message: string; line: unknown; class: string } {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof AppError) return { message: error.message, line: error.details?.line, class: error.class };
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('parsePolicy', () => {
  it('reads the shipped policies', () => {
    expect(parse(read('workspace-only.yaml'))).toMatchObject({
      filesystem: { includeWorkdir: true, readWrite: ['/sandbox', '/tmp', '/dev/null'] },
      landlock: 'best_effort',
      runAsUser: 'sandbox',
      networkRules: [],
    });
    expect(parse(read('read-only.yaml')).filesystem).toMatchObject({ includeWorkdir: false, readWrite: ['/tmp', '/dev/null'] });
  });

  it('reads the whole file that the guide shows, which bubblewrap enforces', () => {
    const policy = parse(/```yaml\n([^]*?)```/.exec(read('README.md'))?.[1] ?? '');
    expect(policy.filesystem).toMatchObject({ includeWorkdir: true, readWrite: ['/tmp', '/dev/null'] });
    expect(() => readPolicyMounts(policy)).not.toThrow();
  });

  it('gives the sha-256 of the text', () => {
    expect(parse('version: 1\n').hash).toBe('09bfcc6a14b83e2192b8673677725c84883ee9cd0c70e45c9ec09daa8f2b2847');
    expect(parse('version: 1\n').hash).not.toBe(parse('version: 1\n\n').hash);
  });

  it('denies by default: a file with a version alone gives nothing', () => {
    expect(parse('version: 1')).toMatchObject({ filesystem: { includeWorkdir: false, readOnly: [], readWrite: [] }, networkRules: [], networkHosts: [] });
  });

  it('reads network rules of the whole format and names their hosts', () => {
    const policy = parse(`version: 1
network_policies:
  api:
    name: the-api
    endpoints:
      - { host: api.example.com, port: 443, protocol: rest, enforcement: enforce, access: read-only }
      - host: "*.example.org"
        ports: [443, 8443]
        protocol: rest
        rules: [{ allow: { method: POST, path: "/v1/**", query: { k: { any: [a, b] } } } }]
        deny_rules: [{ method: DELETE, path: "/v1/admin/**" }]
      - { port: 5432, protocol: tcp, allowed_ips: [10.0.0.0/8] }
    binaries: [{ path: /usr/bin/curl }]
network_middlewares:
  audit: { middleware: log, on_error: fail_closed }`);
    expect(policy).toMatchObject({ networkRules: ['api'], networkHosts: ['api.example.com', '*.example.org', '10.0.0.0/8'], networkMiddlewares: ['audit'] });
  });

  it.each([
    ['', 1, 'it does not fit'],
    ['[]', 1, 'expected object'],
    ['version: 2', 1, 'version'],
    ['filesystem_policy: {}', 1, 'version'],
    ['version: 1\nfilesystem: {}', 2, 'unknown field "filesystem"'],
    ['version: 1\nfilesystem_policy:\n  read_onyl: [/usr]', 3, 'unknown field "read_onyl"'],
    ['version: 1\nfilesystem_policy:\n  read_only:\n    - /usr\n    - relative', 5, 'must be absolute'],
    ['version: 1\nfilesystem_policy:\n  read_only: [/usr/../root]', 3, "'..'"],
    ['version: 1\nfilesystem_policy:\n  read_only: [/usr//lib]', 3, 'empty'],
    ['version: 1\nfilesystem_policy:\n  read_only: ["/usr\\u0000"]', 3, 'control character'],
    ['version: 1\nfilesystem_policy:\n  read_write: [/]', 3, 'overly broad'],
    ['version: 1\nprocess: { run_as_user: root }', 2, 'run_as_user'],
    ['version: 1\nprocess: { run_as_user: 0 }', 2, 'run_as_user'],
    ['version: 1\nlandlock:\n  compatibility: maybe', 3, 'compatibility'],
    ['version: 1\nversion: 1', 2, 'unique'],
    ['version: 1\nbad: [', 2, 'must be'],
    ['a: &x 1\nversion: *x', 2, 'alias'],
    ['version: 1\nlandlock: !custom {}', 2, 'tag'],
    ['version: 1\n---\nversion: 1', 2, 'documents'],
    ['version: 1\nnetwork_policies:\n  a:\n    endpoints:\n      - { host: x.example, port: 1, protocol: rest }', 5, 'protocol requires rules'],
    ['version: 1\nnetwork_policies:\n  a:\n    endpoints:\n      - { host: x.example, port: 1, surprise: true }', 5, 'unknown field "surprise"'],
    ['version: 1\nnetwork_policies:\n  a:\n    endpoints:\n      - { host: "*", port: 1 }', 5, 'host name'],
    ['version: 1\nnetwork_policies:\n  a:\n    endpoints:\n      - { host: x.example }', 5, 'port'],
  ])('refuses %j and points at line %d', (text, line, words) => {
    const said = refusal(text);
    expect(said).toMatchObject({ class: 'policy_invalid', line });
    expect(said.message).toContain(words === 'it does not fit' ? 'mine.yaml' : words);
  });

  it('refuses more than 256 paths', () => {
    expect(refusal(`version: 1\nfilesystem_policy:\n  read_only: [${'/p, '.repeat(257)}]`)).toMatchObject({ line: 2, message: expect.stringContaining('256 paths') });
  });

  it('refuses a bomb of aliases without unfolding it', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 20 }, (_, i) => `k${i}: &k${i} [*a,*a,*a,*a,*a,*a,*a,*a]`).join('\n')}`;
    expect(refusal(bomb).message).toContain('alias');
  });

  it('refuses a file over 256 KiB', () => {
    expect(refusal(`version: 1\n#${'x'.repeat(262_144)}`).message).toContain('256 KiB');
  });

  it('never throws anything but policy_invalid, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: fc.constantFrom(...Array.from('version: 1\n-[]{}&*!|>\'"#%/')) })), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toMatchObject({ class: 'policy_invalid', details: { file: 'mine.yaml', line: expect.any(Number) } });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('policy.schema.json', () => {
  it('is the schema that the gateway checks with', () => {
    const { title: _title, description: _description, ...written } = JSON.parse(read('policy.schema.json')) as Record<string, unknown>;
    expect(written).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(PolicyFile, { io: 'input' }))));
  });
});
