import type { Attempt, Part, Turn } from '../../server/protocol/messages.ts';
import { FakeChatHost, makeAgent, makeSandbox, makeSession, makeTurn } from './fakeChatHost.ts';
import { sceneAnswer } from './sceneAnswer.ts';

/** A chat in a known state, with what a test needs to go on from there. */
export interface Scene {
  readonly host: FakeChatHost;
  readonly agentId: string;
  readonly sessionId: string;
}

/** One agent with a ready sandbox and one session. */
export function emptyScene(given: { phase?: 'ready' | 'starting' | 'failed'; hasSession?: boolean } = {}): Scene {
  const host = new FakeChatHost();
  const phase = given.phase ?? 'ready';
  const agent = makeAgent({ state: phase });
  const error = { class: 'sandbox_unavailable', message: 'bwrap could not make a user namespace.', cause: 'EPERM', hint: 'Allow user namespaces.', retryable: true } as const;
  host.agents.set(agent.id, agent);
  host.sandboxes.set(agent.id, makeSandbox(agent.id, { phase, isChatReady: phase === 'ready', ...(phase === 'failed' ? { error } : {}) }));
  const session = makeSession({ agentId: agent.id });
  if (given.hasSession !== false) host.addSession(session);
  return { host, agentId: agent.id, sessionId: session.id };
}

/** Makes a turn that ended. */
export function endedTurn(sessionId: string, ordinal: number, text: string, parts: readonly Part[], given: Partial<Attempt> = {}): Turn {
  const turn = makeTurn({ sessionId, ordinal, text });
  const startedAt = new Date(2026, 10, 22, 14, 3).getTime() - 9300;
  const message = { id: `${turn.id}-answer`, role: 'assistant' as const, parts: [...parts], origin: { kind: 'agent' as const, name: 'Coder' }, createdAt: startedAt };
  const attempt: Attempt = { number: 1, mode: 'first', message, startedAt, endedAt: startedAt + 9300, outcome: 'completed', ...given };
  return { ...turn, state: 'ended', attempts: [attempt] };
}

/** Makes a running turn whose answer consists of parts. */
export function runningTurn(sessionId: string, ordinal: number, text: string, parts: readonly Part[], given: Partial<Turn> = {}): Turn {
  const turn = endedTurn(sessionId, ordinal, text, parts);
  const attempts = turn.attempts.map(({ endedAt: _endedAt, outcome: _outcome, ...attempt }) => ({ ...attempt, startedAt: Date.now() - 12_400 }));
  return { ...turn, state: 'running', phase: 'tool', attempts, ...given };
}

/** Usage as the pictures have it. */
export const usage = { inputTokens: 1240, outputTokens: 386, source: 'server', tokensPerSecond: 41.2, modelCalls: 2 } as const;

let parts = 0;

/** A piece of text. */
export function textPart(text: string): Part {
  return { kind: 'text', partId: `text-${++parts}`, text };
}

/** A piece of thinking that lasted 9 s. */
export function thinkingPart(text: string): Part {
  return { kind: 'thinking', partId: `thinking-${++parts}`, text, startedAt: 0, durationMs: 9000 };
}

/** A call of a tool. */
export function toolPart(given: Partial<Extract<Part, { kind: 'tool' }>>): Part {
  const id = `tool-${++parts}`;
  return { kind: 'tool', partId: id, callId: id, tool: 'run_command', title: 'npm test', args: {}, state: 'done', output: '', startedAt: 0, durationMs: 4100, ...given };
}

/** The conversation of the pictures: a failed turn, one that runs a command, one message queued. */
export function workingScene(): Scene {
  const scene = emptyScene();
  const { host, sessionId, agentId } = scene;
  const lost = { class: 'sandbox_disconnected', message: 'The sandbox ran out of memory (2 GB).', cause: 'oom', hint: 'Retry.', retryable: true } as const;
  const output = ' \u001b[32m✓\u001b[0m retry › gives up after three (3 ms)\n \u001b[32m✓\u001b[0m retry › waits between attempts (2 ms)\n \u001b[32m✓\u001b[0m retry › honours Retry-After (2 ms)\n   repeat 14 of 20\n';
  const failed = endedTurn(sessionId, 1, 'The retry test fails about one run in ten. Find out why.', [textPart('Both clocks agree, so the code under test is right. I will start with the timers, since the failure moves with the machine’s load.')], { outcome: 'failed', error: lost });
  const running = runningTurn(sessionId, 2, 'Try again, then run it twenty times to be sure.', [
    thinkingPart('The test waits on real timers, so it depends on how loaded the machine is. The assertion compares two readings of Date.now(). So the second reading can be late by a tick.'),
    toolPart({ tool: 'edit_file', title: 'test/net/retry.test.ts', result: '+4 -2', durationMs: 200 }),
    textPart(sceneAnswer),
    toolPart({ title: 'npx vitest run test/net --repeat 20', state: 'running', output, startedAt: Date.now() - 12_000 }),
  ]);
  const tool = running.attempts[0]?.message?.parts.at(-1);
  if (tool?.kind === 'tool') delete tool.durationMs;
  const queued = makeTurn({ sessionId, ordinal: 3, text: 'If all twenty pass, write the commit message.' });
  host.addSession(makeSession({ id: sessionId, agentId, state: 'working' }), [failed, running], [queued]);
  return scene;
}

/** Every state of steps and ends, one turn each. */
export function statesScene(): Scene {
  const scene = emptyScene();
  const { host, sessionId, agentId } = scene;
  const partial = 'The retry budget is counted per request, so the second';
  const unreachable = { class: 'model_unreachable', message: 'No answer at localhost:1234.', cause: 'ECONNREFUSED', hint: 'Start LM Studio.', retryable: true, details: { server: 'LM Studio', address: 'localhost:1234' } } as const;
  const long = Array.from({ length: 200 }, (_line, index) => `[${10_011 + index}/10340] CC net/file${index}.o`).join('\n');
  const ordinal = { at: 0 };
  const turn = (text: string, turnParts: readonly Part[], given: Partial<Attempt> = {}) => endedTurn(sessionId, ++ordinal.at, text, turnParts, given);
  const tools = turn('Run the tools.', [
    toolPart({ tool: 'search_files', title: 'setTimeout', result: '9 hits', durationMs: 100 }),
    toolPart({ state: 'failed', result: 'exit 1', output: '✗ retry › honours Retry-After\n  expected 1000, received 1017\n' }),
    toolPart({ title: 'tail -f build.log', state: 'stopped', durationMs: 31_000 }),
    toolPart({ title: 'make -j8 all', output: long, durationMs: 72_000 }),
    toolPart({ title: 'sleep 1000', state: 'timed_out', durationMs: 120_000, output: 'waiting\n' }),
    textPart('All twenty runs passed. The change is four lines, in the test only.\n\n1. First\n2. Second with **bold** and a [link](https://example.org)\n   - nested\n\n> A quotation.\n\n- [x] done\n- [ ] open'),
  ], { usage });
  const stopped = turn('Explain the budget.', [textPart(partial)], { outcome: 'stopped', usage });
  const empty = turn('And again.', [], { outcome: 'failed', error: { class: 'empty_reply', message: 'The model said nothing.', cause: 'empty', hint: 'Retry.', retryable: true } });
  const failed = turn('Is the server there?', [], { outcome: 'failed', error: unreachable });
  const interrupted = turn('Go on.', [thinkingPart('Let me see.'), textPart(partial)], { outcome: 'interrupted', error: { class: 'internal', message: 'the gateway restarted', cause: 'restart', hint: 'Resume.', retryable: true } });
  host.addSession(makeSession({ id: sessionId, agentId, state: 'interrupted' }), [tools, stopped, empty, failed, { ...interrupted, attempts: interrupted.attempts.flatMap((attempt) => [{ ...attempt, outcome: 'failed', error: unreachable } as const, { ...attempt, number: 2 }]) }]);
  return scene;
}

/** A session of many turns that ended. */
export function longScene(count: number): Scene {
  const scene = emptyScene();
  const { host, sessionId, agentId } = scene;
  const turns = Array.from({ length: count }, (_turn, index) =>
    endedTurn(sessionId, index + 1, `Question ${index + 1}`, [toolPart({ title: `step ${index + 1}`, output: 'ok\n' }), textPart(`Answer ${index + 1}. ${'It has some length, so that heights differ. '.repeat(1 + (index % 7))}`)], { usage }),
  );
  host.addSession(makeSession({ id: sessionId, agentId }), turns);
  return scene;
}
