import crypto from 'node:crypto';

const maxLength = 52;
const hashLength = 8;

/**
 * The label of an agent's sandbox, `logos-<name>`: small letters, digits and single hyphens, at most 52 characters. A name
 * that loses what tells it from others gets a piece of its hash. Shown, and never used as a key.
 */
export function sandboxLabel(agentName: string): string {
  const plain = agentName.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  const isWhole = slug !== '' && !/[^\p{ASCII}]/u.test(plain) && slug.length <= maxLength - 'logos-'.length;
  if (isWhole) return `logos-${slug}`;
  const hash = crypto.createHash('sha256').update(agentName).digest('hex').slice(0, hashLength);
  const room = maxLength - 'logos-'.length - hashLength - 1;
  const head = slug.slice(0, room).replace(/-$/, '');
  return head === '' ? `logos-${hash}` : `logos-${head}-${hash}`;
}
