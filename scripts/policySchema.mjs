// Writes policies/policy.schema.json from the zod schema; with --check only compares and exits 1 when they differ.
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { PolicyFile } from '../server/policies/policySchema.ts';

const file = path.join(import.meta.dirname, '..', 'policies', 'policy.schema.json');
const schema = { title: 'Policy of an agent', description: 'See policies/README.md.', ...z.toJSONSchema(PolicyFile, { io: 'input' }) };
const text = `${JSON.stringify(schema, null, 2)}\n`;

if (process.argv.includes('--check')) {
  if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) {
    console.error('policies/policy.schema.json is behind the schema: run node scripts/policySchema.mjs');
    process.exitCode = 1;
  }
} else {
  fs.writeFileSync(file, text);
}
