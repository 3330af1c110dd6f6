import { describe, expect, it } from 'vitest';
import { allTools } from '../../../docker/local/tools/tools.ts';
import { toolsets } from '../../../server/agents/toolsets.ts';

describe('the toolsets', () => {
  it('hold exactly the tools that the built-in worker has, each once', () => {
    expect(Object.values(toolsets).flat().toSorted()).toEqual(allTools.map(({ name }) => name).toSorted());
  });
});
