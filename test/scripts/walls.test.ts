import { describe, expect, it } from 'vitest';
import { findBreaches } from '../../scripts/walls.mjs';

describe('walls', () => {
  it('accepts a file of exactly 400 lines and reports one of 401', () => {
    expect(findBreaches('server/base/a.ts', 'x;\n'.repeat(400))).toEqual([]);
    expect(findBreaches('server/base/a.ts', 'x;\n'.repeat(401))).toEqual([expect.stringContaining('401 lines')]);
  });

  it('reports the environment outside of main.ts, with file and line', () => {
    const text = 'a;\nconst b = process.env.HOME;\n';
    expect(findBreaches('server/net/http.ts', text)).toEqual([expect.stringMatching(/^server\/net\/http\.ts:2: /)]);
    expect(findBreaches('server/main.ts', text)).toEqual([]);
  });

  it('reports settings that are read outside of extension/config.ts', () => {
    const text = "vscode.workspace.getConfiguration('logos');\n";
    expect(findBreaches('extension/views/chat.ts', text)).toHaveLength(1);
    expect(findBreaches('extension/config.ts', text)).toEqual([]);
  });

  it('reports a silenced compiler in tests too', () => {
    expect(findBreaches('test/server/a.test.ts', `// @ts-${'ignore'}\n`)).toHaveLength(1);
  });
});
