import { createHash } from 'node:crypto';
import type { Stamp } from '../../../server/protocol/runs.ts';

const hash = (digit: string): string => digit.repeat(64);

/** The STAMP of an agent whose soul and policy say `text`; another text is another STAMP. */
export function stampOf(agentId: string, text: string): Stamp {
  return {
    agent: { id: agentId, name: `${text} agent` },
    soul: { slug: 'general', version: '1', text: `${text} soul`, hash: hash('1') },
    toolset: { tools: ['read_file'], hash: hash('2') },
    runtime: { name: 'local', build: 'b', hash: hash('3') },
    model: { serverId: 's', serverName: 'S', baseUrl: 'http://127.0.0.1:1', name: 'm', contextTokens: 8192, supportsTools: true, isTiny: false, params: {}, hash: hash('4') },
    policy: { name: 'workspace-only', text: `version: 1 # ${text}`, words: 'Its own folder.', hash: hash('5') },
    hash: createHash('sha256').update(text).digest('hex'),
  };
}
