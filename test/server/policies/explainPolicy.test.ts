import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainPolicy } from '../../../server/policies/explainPolicy.ts';
import { parsePolicy } from '../../../server/policies/parsePolicy.ts';

const explain = (text: string) => explainPolicy(parsePolicy('p', 'p.yaml', text));

describe('the explanation of a policy', () => {
  it('has each rule in plain words with the line that says so, in every way in which YAML writes a list', () => {
    const text = `# A comment.
version: 1
filesystem_policy:
  include_workdir: true
  read_only: [/usr, /sandbox]
  read_write:
    - /tmp
    - /data/a
network_policies:
  docs:
    endpoints:
      - { host: docs.example, port: 443 }
      - { port: 443, allowed_ips: [10.0.0.0/8] }
process: { run_as_user: sandbox, run_as_group: 1000 }
`;
    expect(explain(text).map(({ section, words, line }) => [section, words, line])).toEqual([
      ['files', 'reads and writes its workspace', 4],
      ['files', 'reads /usr', 5],
      ['files', 'reads its workspace', 5],
      ['files', 'reads and writes /tmp', 7],
      ['files', 'reads and writes /data/a', 8],
      ['network', 'reaches docs.example, 10.0.0.0/8 by the rule docs', 10],
      ['process', 'runs as the user sandbox', 14],
      ['process', 'has the group 1000', 14],
    ]);
    expect(explain(text)[3]?.text).toBe('- /tmp');
  });

  it('has none for what a policy does not allow', () => {
    expect(explain('version: 1\nfilesystem_policy: { include_workdir: false }\nnetwork_policies: {}\n')).toEqual([]);
  });

  it('names for every shipped policy the lines of its own file', () => {
    const folder = path.join(import.meta.dirname, '../../../policies');
    const files = fs.readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const text = fs.readFileSync(path.join(folder, file), 'utf8');
      const rules = explain(text);
      expect(rules.length).toBeGreaterThan(3);
      for (const rule of rules) expect(text.split('\n')[rule.line - 1]?.trim()).toBe(rule.text);
    }
  });
});
