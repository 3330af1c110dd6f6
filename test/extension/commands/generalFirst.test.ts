import { describe, expect, it } from 'vitest';
import { generalFirst } from '../../../extension/commands/generalFirst.ts';
import type { Soul } from '../../../server/protocol/souls.ts';

const soulOf = (slug: string, status: Soul['status'] = 'stable'): Soul => ({ slug, status, name: slug, summary: '', category: '', version: '1', toolsets: { enforced: [], defaultEnabled: [], optional: [], forbidden: [] } });

describe('the order of souls', () => {
  it('begins with the general one, goes on with what is stable, and keeps the order of names within each', () => {
    const souls = [soulOf('app'), soulOf('beta', 'experimental'), soulOf('general'), soulOf('old', 'deprecated'), soulOf('writer')];
    expect(generalFirst(souls).map(({ slug }) => slug)).toEqual(['general', 'app', 'writer', 'beta', 'old']);
  });
});
