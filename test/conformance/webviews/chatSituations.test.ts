import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { useChatBench } from '../../support/chatBench.ts';
import { cutAtLimit, cutBy } from '../../../server/protocol/cutAnswer.ts';
import { emptyScene, endedTurn, longScene, textPart, thinkingPart, toolPart } from '../../support/chatScenes.ts';
import { makeAgent, makeSession, makeTurn } from '../../support/fakeChatHost.ts';
import { startTurn } from '../../support/startTurn.ts';

const { openComposer } = useChatBench();

describe('the composer says what happens to a message', () => {
  it('that joins a queue held since Stop', async () => {
    const scene = emptyScene();
    const stopped = endedTurn(scene.sessionId, 1, 'one', [textPart('Some')], { outcome: 'stopped' });
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId, isQueueHeld: true }), [stopped], [makeTurn({ sessionId: scene.sessionId, ordinal: 2, text: 'two' })]);
    const { page, field, host } = await openComposer(scene);
    await page.getByText('1 queued, held since you stopped').waitFor();
    expect(await field.getAttribute('placeholder')).toBe('Held until you press Send Now');
    await page.setViewportSize({ width: 240, height: 600 });
    const head = await page.locator('.qhead > .grow').evaluate((words) => ({ isWhole: words.scrollWidth <= words.clientWidth, text: words.textContent }));
    expect(head).toEqual({ isWhole: true, text: '1 queued, held since you stopped' });
    const needed = await field.evaluate((element) => {
      const { paddingLeft, paddingRight, font } = getComputedStyle(element);
      const pen = document.createElement('canvas').getContext('2d')!;
      pen.font = font;
      return pen.measureText((element as HTMLTextAreaElement).placeholder).width + parseFloat(paddingLeft) + parseFloat(paddingRight) - element.clientWidth;
    });
    expect(needed).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Send Now' }).click();
    await expect.poll(() => host.requests.some(({ method }) => method === 'chat/sendQueued')).toBe(true);
  });

  it('while the gateway is away, and offers no Stop that nobody hears', async () => {
    const scene = emptyScene();
    const { page, field, host } = await openComposer(scene);
    startTurn(scene).say('Some words');
    await page.locator('button.stop').waitFor();
    host.disconnect();
    await expect.poll(() => field.getAttribute('placeholder')).toBe('Kept until the gateway is back');
    expect(await field.getAttribute('aria-label')).toBe('Message Coder. It waits until the gateway is back.');
    expect(await page.locator('button.stop').count()).toBe(0);
  });
});

describe('the card of a refused key', () => {
  it('says at once that another one was accepted and offers Retry, and is red again when that is refused, too', async () => {
    const scene = emptyScene();
    const error = { class: 'model_auth', message: 'Study refused the key.', cause: 'x', hint: 'Give the key again.', retryable: false } as const;
    const turn = endedTurn(scene.sessionId, 1, 'one', [], { outcome: 'failed', error });
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId, state: 'failed' }), [turn]);
    const { page, host } = await openComposer(scene);
    await page.getByRole('group', { name: 'Authentication failed' }).getByRole('button', { name: 'Enter Key' }).click();
    host.post({ type: 'key', serverName: 'Attic' });
    host.post({ type: 'key', serverName: 'Study' });
    const card = page.getByRole('group', { name: 'Key accepted' });
    await card.getByText('Study takes the key that you entered. Retry to go on.').waitFor();
    expect(await page.locator('.notice.bad').count()).toBe(0);
    expect(await page.locator('[role=status]').textContent()).toBe('Key accepted. Retry available.');
    await card.getByRole('button', { name: 'Retry' }).click();
    await expect.poll(() => host.requests.find(({ method }) => method === 'chat/retry')?.params).toMatchObject({ turnId: turn.id, mode: 'retry' });
    host.emit(scene.sessionId, { kind: 'turn.started', attempt: 2, mode: 'retry', messageId: randomUUID() }, turn.id);
    await expect.poll(() => page.locator('.notice').count()).toBe(0);
    host.emit(scene.sessionId, { kind: 'turn.ended', outcome: 'failed', error }, turn.id);
    await page.getByRole('group', { name: 'Authentication failed' }).waitFor();
  });
});

describe('a workspace that is not trusted', () => {
  it('keeps the draft, says why nothing can be written, and offers nothing that it would refuse', async () => {
    const scene = emptyScene();
    const stopped = endedTurn(scene.sessionId, 1, 'one', [textPart('Some words')], { outcome: 'stopped' });
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId, isQueueHeld: true }), [stopped], [makeTurn({ sessionId: scene.sessionId, ordinal: 2, text: 'two' })]);
    const { page, field, host } = await openComposer(scene, { width: 240 });
    await page.getByText('Some words').waitFor();
    await field.fill('a draft');
    host.post({ type: 'host', isTrusted: false });
    await page.getByText('Trust this workspace to run agents. Reading past sessions works.').waitFor();
    await field.press('x');
    await field.press('Enter');
    expect([await field.inputValue(), await field.getAttribute('readonly')]).toEqual(['a draft', '']);
    await page.getByText('1 queued, held since you stopped').waitFor();
    expect(await page.getByRole('button', { name: /^(Continue|Retry|Send Now)|queued message/ }).count()).toBe(0);
    host.post({ type: 'host', isTrusted: true });
    await page.getByRole('button', { name: 'Continue' }).waitFor();
    await field.press('Enter');
    await expect.poll(() => [...host.stored.values()].map(({ text }) => text)).toEqual(['a draft']);
  });
});

describe('a deleted session', () => {
  it('is read as ever, offers nothing that would go on with it, and is brought back from where one would write', async () => {
    const scene = emptyScene();
    const stopped = endedTurn(scene.sessionId, 1, 'one', [textPart('Some words')], { outcome: 'stopped' });
    const session = makeSession({ id: scene.sessionId, agentId: scene.agentId, deletedAt: 5, title: 'The retry test' });
    scene.host.addSession(session, [stopped], [makeTurn({ sessionId: scene.sessionId, ordinal: 2, text: 'two' })]);
    const { page, field, host } = await openComposer(scene, { width: 240 });
    await page.getByText('Some words').waitFor();
    await page.getByText('1 queued, kept with the session').waitFor();
    expect(await field.getAttribute('readonly')).toBe('');
    expect(await field.getAttribute('placeholder')).toBe('Restore this session to write here');
    expect(await page.getByRole('button', { name: /Continue|Retry|rename|Send Now|queued message/i }).count()).toBe(0);
    await page.getByRole('button', { name: 'Restore' }).click();
    await expect.poll(() => host.commands.find(({ command }) => command === 'restoreSession')?.args).toEqual({ sessionId: scene.sessionId });
    const { deletedAt: _deletedAt, ...restored } = session;
    host.emit(scene.sessionId, { kind: 'session.changed', session: { ...restored, isQueueHeld: true } });
    await page.getByRole('button', { name: 'Continue' }).waitFor();
    await expect.poll(() => field.getAttribute('readonly')).toBeNull();
    expect(await page.getByRole('button', { name: 'Send Now' }).count()).toBe(1);
  });
});

describe('the focus', () => {
  it('stays in the composer when Stop is clicked, and goes there when Stop is pressed by a key', async () => {
    const scene = emptyScene();
    const { page, field } = await openComposer(scene);
    const stream = startTurn(scene);
    stream.say('Some words');
    await field.fill('draft');
    await page.locator('button.stop').click();
    expect(await field.evaluate((element) => document.activeElement === element)).toBe(true);
    stream.end('stopped');
    startTurn(scene, 'again').say('More words');
    await page.getByRole('button', { name: 'Stop', exact: false }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => field.evaluate((element) => document.activeElement === element)).toBe(true);
  });

  it('goes to the button that chooses an agent when the agent on screen is deleted', async () => {
    const scene = emptyScene();
    const other = makeAgent({ name: 'Scout' });
    scene.host.agents.set(other.id, other);
    const { page, field, host } = await openComposer(scene);
    await field.focus();
    host.removeAgent(scene.agentId);
    await page.getByText('Choose an agent to talk to.').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Choose Agent');
    await page.keyboard.press('Enter');
    await expect.poll(() => host.commands.map(({ command }) => command)).toContain('chooseAgent');
  });
});

it('a title that runs from right to left is cut at its end', async () => {
  const scene = emptyScene();
  scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId, title: 'اختبار إعادة المحاولة على جهاز البناء' }));
  const { page } = await openComposer(scene, { width: 240 });
  const title = page.locator('.status .title button');
  await expect.poll(() => title.evaluate((button) => [button.scrollWidth > button.clientWidth, getComputedStyle(button).direction])).toEqual([true, 'rtl']);
});

describe('the line of facts', () => {
  it.each([330, 380])('keeps the words of the policy before those about a tiny model at %i px', async (width) => {
    const scene = emptyScene();
    const agent = scene.host.agents.get(scene.agentId)!;
    scene.host.agents.set(agent.id, { ...agent, route: { ...agent.route!, model: 'stories-260k', isTiny: true } });
    const { page } = await openComposer(scene, { width });
    await expect.poll(() => page.locator('.policy').textContent()).toMatch(/rites in workspace only, no network$/);
    expect(await page.getByText('tiny model for trying things out', { exact: true }).isVisible()).toBe(false);
    await page.setViewportSize({ width: 800, height: 600 });
    await page.getByText('tiny model for trying things out', { exact: true }).waitFor();
    await expect.poll(() => page.locator('.policy').textContent()).toBe('Reads home, writes in workspace only, no network');
  });
});

describe('the transcript', () => {
  it.each([240, 300, 480])('leaves the words of an interruption room beside their buttons at %i px', async (width) => {
    const scene = emptyScene();
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'one', [textPart('Half')], { outcome: 'interrupted' })]);
    const { page } = await openComposer(scene, { width });
    const mark = page.getByRole('group', { name: 'Interrupted' });
    await mark.getByRole('button', { name: 'Retry' }).waitFor();
    expect(await mark.locator('.grow').evaluate((words) => words.clientWidth)).toBeGreaterThanOrEqual(165);
    const tops = await mark.getByRole('button').evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect().top));
    expect(new Set(tops).size).toBe(1);
  });

  it('begins a new session at its end, whatever was read in the one before', async () => {
    const scene = longScene(40);
    const { page, host } = await openComposer(scene);
    await page.getByText('Question 40', { exact: true }).waitFor();
    await page.mouse.move(190, 300);
    await page.mouse.wheel(0, -1500);
    await page.locator('.jump').waitFor();
    host.post({ type: 'show', what: 'newSession' });
    await expect.poll(() => page.locator('.user').count()).toBe(0);
    await expect.poll(() => page.locator('.jump').count()).toBe(0);
  });

  it.each([240, 353, 380])('keeps the row of a failed call within %i px, with its chevron, and never cuts a short fact', async (width) => {
    const scene = emptyScene();
    const long = 'npx vitest run test/net/retry.test.ts --repeat 20 --reporter verbose --bail 1 --sequence.shuffle';
    const refused = 'The file system of the sandbox refused to write: the folder is read-only for this agent.';
    const calls = [
      toolPart({ title: long, state: 'failed', result: 'exit 3', output: 'no\n' }),
      toolPart({ tool: 'write_file', title: 'src/a/very/long/folder/of/the/project/inTheMiddleOfWhichStandsAFile.ts', state: 'failed', error: refused, output: `Error: ${refused}` }),
      toolPart({ title: long, state: 'timed_out', result: 'timed out after 120 s', output: 'no\n' }),
    ];
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'hello', calls)]);
    const { page } = await openComposer(scene, { width });
    await page.getByText('The file system of the sandbox refused').last().waitFor();
    for (const isOpen of [true, false]) {
      const rows = await page.evaluate(() => [...document.querySelectorAll('.card > .head')].map((head) => ({
        isWithin: head.scrollWidth <= head.clientWidth,
        hasChevron: (head.querySelector('.codicon:last-child')?.getBoundingClientRect().right ?? Infinity) <= head.getBoundingClientRect().right + 0.5,
      })));
      expect(rows, isOpen ? 'open' : 'folded').toEqual(calls.map(() => ({ isWithin: true, hasChevron: true })));
      expect(await page.locator('.fact', { hasText: 'exit 3' }).evaluate((fact) => fact.scrollWidth <= fact.clientWidth || getComputedStyle(fact).overflow === 'visible')).toBe(true);
      for (const head of await page.locator('.card > .head').all()) await head.click();
    }
  });

  it('says at the end of an answer that the limit cut it, and goes on from there', async () => {
    const scene = emptyScene();
    const turn = { ...endedTurn(scene.sessionId, 1, 'all of it', [textPart('It begins and')]), notices: ['2 older turns were left out.', cutAtLimit] };
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [turn]);
    const { page, host } = await openComposer(scene);
    await page.getByText('It begins and').waitFor();
    const order = await page.locator('article.turn').evaluate((article) => ['2 older turns', 'It begins and', 'The answer stops here'].map((words) => (article as HTMLElement).innerText.indexOf(words)));
    expect(order).toEqual([...order].sort((one, other) => one - other));
    expect(order).not.toContain(-1);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect.poll(() => host.requests.find(({ method }) => method === 'chat/retry')?.params).toMatchObject({ turnId: turn.id, mode: 'resume' });
    host.emit(scene.sessionId, { kind: 'turn.started', attempt: 2, mode: 'resume', messageId: randomUUID() }, turn.id);
    host.emit(scene.sessionId, { kind: 'turn.ended', outcome: 'completed' }, turn.id);
    await page.getByText('The model reached its limit for one answer, continued here').waitFor();
    expect(await page.getByText('The answer stops here').count()).toBe(0);
  });

  it('shows the reasoning of an answer that has no other reply, and says so, also behind words and calls', async () => {
    const scene = emptyScene();
    const parts = [thinkingPart('First I look.'), textPart('I look.'), toolPart({ title: 'ls' }), thinkingPart('It is **forty-two**.')];
    const turn = endedTurn(scene.sessionId, 1, 'how many', parts);
    const attempts = turn.attempts.map((attempt) => ({ ...attempt, ...(attempt.message === undefined ? {} : { message: { ...attempt.message, fromReasoning: true } }) }));
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [{ ...turn, attempts }]);
    const { page, host } = await openComposer(scene);
    await page.locator('strong', { hasText: 'forty-two' }).waitFor();
    const order = await page.locator('article.turn').evaluate((article) => ['I look.', 'The model sent no answer; this is its thinking.', 'It is forty-two.'].map((words) => (article as HTMLElement).innerText.indexOf(words)));
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((one, other) => one - other));
    expect(await page.locator('logos-thinking').count()).toBe(1);
    await page.getByRole('button', { name: 'Copy answer' }).click();
    await expect.poll(() => host.commands.find(({ command }) => command === 'copyText')?.args).toMatchObject({ text: 'I look.\n\nIt is **forty-two**.' });
  });

  it('says at the end of an answer what cut it, and offers to go on only where that can help', async () => {
    const scene = emptyScene();
    const turn = (ordinal: number, notice: string): ReturnType<typeof endedTurn> => ({ ...endedTurn(scene.sessionId, ordinal, `ask ${ordinal}`, [textPart(`It begins ${ordinal}`)]), notices: [notice] });
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [turn(1, cutBy('cut', 'insufficient_system_resource')), turn(2, cutBy('filter', 'PROHIBITED_CONTENT'))]);
    const { page } = await openComposer(scene);
    const marks = page.getByRole('group', { name: 'Cut short' });
    await marks.nth(1).waitFor();
    expect(await marks.allInnerTexts()).toEqual([expect.stringContaining('could not go on (insufficient_system_resource).'), expect.stringContaining('a filter of the model or of its provider cut it (PROHIBITED_CONTENT).')]);
    expect(await page.getByRole('button', { name: 'Continue' }).count()).toBe(0);
  });

  it.each(['model_crashed', 'timeout_idle', 'model_unreachable'] as const)('says of an answer that broke off (%s) that its text is kept, and offers to go on from it first', async (errorClass) => {
    const scene = emptyScene();
    const error = { class: errorClass, message: 'It ended.', cause: 'x', hint: 'Retry; if it happens again, look at the log.', retryable: true };
    const turns = [endedTurn(scene.sessionId, 1, 'one', [textPart('It begins and')], { outcome: 'failed', error })];
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), turns);
    const { page, host } = await openComposer(scene);
    const card = page.locator('.notice');
    await card.getByText('It ended. The text above is kept: continue from it, or retry.').waitFor();
    expect((await card.getByRole('button').allInnerTexts()).slice(0, 2)).toEqual(['Continue', 'Retry']);
    await card.getByRole('button', { name: 'Continue' }).click();
    await expect.poll(() => host.requests.find(({ method }) => method === 'chat/retry')?.params).toMatchObject({ mode: 'resume' });
  });

  it('goes to a new session from the card of a conversation that is too long', async () => {
    const scene = emptyScene();
    const error = { class: 'context_overflow', message: 'The conversation is too long.', cause: 'x', hint: 'Start a new session.', retryable: false } as const;
    const lost = { class: 'model_error', message: 'It broke.', cause: 'x', hint: 'Retry.', retryable: true } as const;
    const turns = [endedTurn(scene.sessionId, 1, 'one', [], { outcome: 'failed', error: lost }), endedTurn(scene.sessionId, 2, 'two', [], { outcome: 'failed', error })];
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), turns);
    const { page } = await openComposer(scene);
    await page.getByRole('group', { name: 'Conversation too long' }).waitFor();
    expect(await page.locator('.notice .btn.first').allInnerTexts()).toEqual(['New Session']);
    expect(await page.getByRole('group', { name: 'The model server reported an error' }).textContent()).not.toContain('Retry');
    await page.getByRole('button', { name: 'New Session', exact: true }).click();
    await expect.poll(() => page.locator('.user').count()).toBe(0);
  });
});
