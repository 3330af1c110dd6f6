import type { Soul } from '../../server/protocol/souls.ts';

const statuses: readonly Soul['status'][] = ['stable', 'experimental', 'deprecated'];

/** Souls in the order in which a person would try them: the general one, the stable ones, then the rest; each by name as they came. */
export function generalFirst(souls: readonly Soul[]): Soul[] {
  const rank = ({ slug, status }: Soul) => (slug === 'general' ? -1 : statuses.indexOf(status));
  return [...souls].sort((a, b) => rank(a) - rank(b));
}
