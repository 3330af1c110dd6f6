import type { Page } from 'playwright-core';
import type { ErrorInfo } from '../../server/protocol/errors.ts';
import { emptyScene, endedTurn, longScene, runningTurn, textPart, thinkingPart, usage, type Scene } from './chatScenes.ts';
import { makeSession, makeTurn } from './fakeChatHost.ts';

/** A state of the chat to be looked at: how it is made, how high the view is in px, and what a person does in it first. */
export interface Look {
  readonly make: () => Scene;
  readonly height: number;
  readonly begin?: (page: Page, scene: Scene) => Promise<void>;
}

const error = (errorClass: ErrorInfo['class'], message: string, hint: string, more: Partial<ErrorInfo> = {}): ErrorInfo => ({ class: errorClass, message, cause: 'test', hint, retryable: true, ...more });
const partial = 'The retry budget is counted per request, so the second';

/** One card of an error below the other; the last one is that of a key. */
function cards(): Scene {
  const scene = emptyScene();
  const { host, sessionId, agentId } = scene;
  const errors: readonly (readonly [ErrorInfo, string])[] = [
    [error('model_unreachable', 'No answer.', 'Start it.', { details: { server: 'LM Studio', address: 'localhost:1234' } }), ''],
    [error('model_error', 'LM Studio failed: out of memory while the model was loaded.', 'Retry, or choose another model.', { details: { status: 500 } }), ''],
    [error('sandbox_unavailable', 'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.', 'Allow them.'), ''],
    [error('context_overflow', 'Too long.', 'Start a new session.', { details: { tokens: 41_203, max: 32_768 } }), ''],
    [error('budget_spent', '90 of 90 steps used.', 'Continue to give it more steps.'), partial],
    [error('worker_failed', 'The worker was killed (SIGKILL) before it had finished.', 'Continue from the partial answer, or retry.'), partial],
    [error('model_auth', 'Study refused the key: invalid x-api-key.', 'Give the key of the model server again, or check what it permits.'), ''],
  ];
  const turns = errors.map(([failure, text], index) => endedTurn(sessionId, index + 1, `Question ${index + 1}`, text === '' ? [] : [textPart(text)], { outcome: failure.class === 'budget_spent' ? 'iterations_spent' : 'failed', error: failure }));
  host.addSession(makeSession({ id: sessionId, agentId, state: 'failed' }), turns);
  return scene;
}

/** Right-to-left text in each place, with code and names that run the other way. */
function rightToLeft(): Scene {
  const scene = emptyScene();
  const { host, sessionId, agentId } = scene;
  const arabic = 'لماذا يفشل اختبار إعادة المحاولة على جهاز البناء فقط؟';
  const answer = `# السبب\n\nيقيس الاختبار الوقت الحقيقي، و\`waitMs\` قد يتأخر قليلا.\n\n1. افتح \`src/net/retry.ts\`\n2. استبدل الساعة\n   - ثم شغّل npm test\n\n> ملاحظة: לא לשכוח את הקובץ השני.\n\n\`\`\`ts\nawait clock.advance(1000); // ثانية\n\`\`\`\n\n| الحالة | قبل |\n|---|---|\n| الأولى | 12 |\n`;
  const turns = [
    endedTurn(sessionId, 1, arabic, [thinkingPart('أنظر أولا إلى الساعة. ثم إلى الاختبار.'), textPart(answer)], { usage }),
    endedTurn(sessionId, 2, 'ולמה רק שם?', [textPart('כי המחשב `ci-3` עמוס יותר.')], { outcome: 'stopped', usage }),
  ];
  host.addSession(makeSession({ id: sessionId, agentId, title: 'اختبار إعادة المحاولة' }), turns, []);
  return scene;
}

/** A turn of which nothing has come, and one that waits behind it. */
function waiting(): Scene {
  const scene = emptyScene();
  const { host, sessionId, agentId } = scene;
  const turn = { ...runningTurn(sessionId, 1, 'Why does the retry test fail?', []), phase: 'prompt' as const, phaseAt: Date.now() - 12_400 };
  host.addSession(makeSession({ id: sessionId, agentId, state: 'working' }), [turn], [makeTurn({ sessionId, ordinal: 2, text: 'And then write the commit message, please, in one line that says why.' })]);
  return scene;
}

/** A stopped turn behind which three messages wait for a word. */
function held(isDeleted = false): Scene {
  const scene = emptyScene();
  const { host, sessionId, agentId } = scene;
  const queue = ['And where the cache of rows is kept.', 'Which of the two was there first?'].map((text, index) => makeTurn({ sessionId, ordinal: index + 2, text }));
  const session = makeSession({ id: sessionId, agentId, isQueueHeld: true, ...(isDeleted ? { deletedAt: 5 } : {}) });
  host.addSession(session, [endedTurn(sessionId, 1, 'Explain the budget.', [textPart(partial)], { outcome: 'stopped', usage })], queue);
  return scene;
}

function untrusted(): Scene {
  const scene = held();
  scene.host.isTrusted = false;
  return scene;
}

/** No gateway can be had, as after it died too often. */
function stopped(): Scene {
  const scene = emptyScene();
  scene.host.isConnected = false;
  return scene;
}

/** The states of the chat that a person meets beside the working ones, by name. */
export const looks: Readonly<Record<string, Look>> = {
  cards: { make: cards, height: 1250 },
  'right-to-left': { make: rightToLeft, height: 800 },
  waiting: { make: waiting, height: 420 },
  held: { make: () => held(), height: 420 },
  deleted: { make: () => held(true), height: 420 },
  untrusted: { make: untrusted, height: 420 },
  stopped: { make: stopped, height: 420 },
  away: {
    make: () => held(),
    height: 520,
    begin: async (page, { host }) => {
      await page.locator('.composer textarea').fill('What is written meanwhile');
      host.disconnect('The connection to the gateway ended', 'connecting', Date.now() - 20_000);
      await page.getByText('Restart Gateway').waitFor();
      await page.locator('.composer textarea').press('Enter');
      await page.getByText('Not sent yet.').waitFor();
    },
  },
  'new key': {
    make: cards,
    height: 420,
    begin: async (page, { host }) => {
      await page.getByRole('group', { name: 'Authentication failed' }).waitFor();
      host.post({ type: 'key', serverName: 'Study' });
      await page.getByRole('group', { name: 'Key accepted' }).waitFor();
    },
  },
  low: {
    make: () => longScene(12),
    height: 173,
    begin: async (page) => {
      await page.locator('.composer textarea').fill('One\nTwo\nThree\nFour');
    },
  },
  'low, read': {
    make: () => longScene(12),
    height: 173,
    begin: async (page) => {
      await page.locator('.composer textarea').fill('One\nTwo\nThree\nFour');
      await page.mouse.move(100, 20);
      await page.mouse.wheel(0, -400);
      await page.locator('.jump').waitFor({ state: 'attached' });
    },
  },
};
