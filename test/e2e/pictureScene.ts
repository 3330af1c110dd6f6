import type { ModelServerProcess } from '../support/gateway/modelServerProcess.ts';
import type { Script } from '../support/modelServer/script.ts';
import { sceneAnswer } from '../support/sceneAnswer.ts';

/** What the person says in the pictures; the model server answers each by the script of this name. */
export const prompts = {
  first: 'Why does the retry test fail on the build machine only?',
  second: 'Try again, then run it twenty times to be sure.',
  queued: 'If all twenty pass, write the commit message.',
} as const;

/** The same where things go wrong: tools fail, an answer is cut off, a turn is stopped while messages wait. */
export const troubles = {
  failing: 'Which tests of the parser are slow, and why?',
  stopped: 'Then tell me how its tokens are cut.',
  queued: ['And where the cache of rows is kept.', 'Which of the two was there first?'],
} as const;

const end = (tokens: number, finish = 'stop'): Script['steps'] => [{ finish }, { usage: { prompt_tokens: 1_240, completion_tokens: tokens } }, { done: true }];
const ask = (name: string, args: Record<string, string>, ...before: Script['steps']): Script => ({ steps: [...before, { tool: { name, args } }, ...end(38, 'tool_calls')] });

const runner = `i=1
while [ $i -le \${1:-1} ]; do
  printf '\\342\\234\\223 retry › gives up after three (3 ms)\\n'
  printf '\\342\\234\\223 retry › waits between attempts (2 ms)\\n'
  printf '\\342\\234\\223 retry › honours Retry-After (2 ms)\\n'
  printf 'repeat %s of %s\\n' "$i" "\${1:-1}"
  sleep \${REST:-3}
  i=$((i + 1))
done
`;
const test = `import { retry } from '../../src/net/retry.ts';

it('gives up after three', async () => {
  const started = Date.now();
  const clock = new FakeClock();
  const run = retry(request, { tries: 3 });
  expect(Date.now() - started).toBeLessThan(1_200);
});
`;

/** Teaches the model server what it says in the pictures. */
export async function postScene(model: ModelServerProcess): Promise<void> {
  const { first, second } = prompts;
  await model.post(first, ask('write_file', { path: 'test/net/retry.test.ts', content: test }));
  await model.post(`${first} (1)`, ask('write_file', { path: 'run.sh', content: runner }));
  await model.post(`${first} (2)`, ask('run_command', { command: 'REST=0 sh run.sh' }));
  await model.post(`${first} (3)`, { steps: [{ text: 'Both clocks agree, so the code under test is right. I will start with the timers, since the failure moves with the machine’s load.' }, ...end(46)] });
  const thought = 'The test waits on real timers, so it depends on how loaded the machine is. A clock of its own makes it exact.';
  await model.post(second, ask('edit_file', { path: 'test/net/retry.test.ts', oldText: '  const started = Date.now();\n  const clock = new FakeClock();\n  const run = retry(request, { tries: 3 });\n', newText: '  const clock = new FakeClock();\n  const run = retry(request, { clock, tries: 3 });\n  await clock.advance(1000);\n' }, { thinking: thought, tokensPerSecond: 12 }));
  await model.post(`${second} (1)`, ask('run_command', { command: 'sh run.sh 20' }, { text: sceneAnswer }));
}

/** Teaches the model server what it says in the pictures of what goes wrong. */
export async function postTroubles(model: ModelServerProcess): Promise<void> {
  const { failing, stopped } = troubles;
  await model.post(failing, ask('run_command', { command: 'sh slowest.sh --of parser' }));
  await model.post(`${failing} (1)`, ask('read_file', { path: 'src/parser/rows.ts' }));
  await model.post(`${failing} (2)`, ask('run_command', { command: 'echo "2 of 41 tests took over a second"; exit 3' }));
  await model.post(`${failing} (3)`, { steps: [{ text: 'Two of them: `rows.large` and `rows.nested`. Both build their input anew in each case, which takes a second, and' }, ...end(46, 'length')] });
  await model.post(stopped, { steps: [{ text: 'A row is cut at each line feed that stands outside of quotes. The rest' }, { gate: 'never' }] });
}
