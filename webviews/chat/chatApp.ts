import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { messageText } from '../../server/protocol/transcript.ts';
import { LightElement } from '../shared/lightElement.ts';
import { monotonicMs } from '../shared/monotonic.ts';
import { SecondsClock } from '../shared/secondsClock.ts';
import type { HostLink } from '../shared/hostLink.ts';
import { brokenStepEvent } from '../shared/stepElement.ts';
import type { BrokenStep } from '../shared/stepElement.ts';
import type { ChatActions, CommandDetail, FoldDetail, FoldQuestion, OpenFileDetail } from './chatContext.ts';
import { foldAskedEvent, foldEvent, hostCommandEvent, openFileEvent } from './chatContext.ts';
import type { ChatDriver } from './chatDriver.ts';
import { handleChatKey } from './chatKeys.ts';
import { copyEvent } from './copyButton.ts';
import type { CopyDetail } from './copyButton.ts';
import { currentAgent, isAnswering, isReadOnly, shownPending, startingMessages } from './chatState.ts';
import type { ChatState } from './chatState.ts';
import './composer.ts';
import type { Composer } from './composer.ts';
import type { ComposerActions } from './composerActions.ts';
import { composerModel, queuedPending } from './composerModel.ts';
import { greeting } from './greeting.ts';
import { ScrollingDock } from './scrollingDock.ts';
import './statusLine.ts';
import type { ReadingPlace, ReadingPlaces } from './readingPlaces.ts';
import { statusWord } from './statusModel.ts';
import './transcript.ts';
import type { Transcript } from './transcript.ts';

/** The chat: status line, transcript, composer. It draws one state and hands what a person does to the driver. */
export class ChatApp extends LightElement {
  static override properties = { state: {}, announced: {}, isAtEnd: { state: true }, unread: { state: true } };
  declare state: ChatState | undefined;
  /** The last sentence for screen readers. */
  declare announced: string;
  declare isAtEnd: boolean;
  /** How many pieces the transcript held when the reader left its end. */
  declare unread: number;
  driver: ChatDriver | undefined;
  link: HostLink | undefined;
  /** Where the reader of each session was. */
  places: ReadingPlaces | undefined;
  /** Told when the place of reading changed. */
  onPlaceChange: () => void = () => undefined;
  /** What had the focus may go or be turned off with what it did: the focus is never left with nobody. */
  readonly #focusGuard = new MutationObserver(() => this.keepFocus());
  readonly #dock = new ScrollingDock(this, () => this.transcript?.keeper?.toEnd());

  constructor() {
    super();
    this.state = undefined;
    this.announced = '';
    this.isAtEnd = true;
    this.unread = 0;
    new SecondsClock(this, () => this.state !== undefined && !isAnswering(this.state.link));
    this.addEventListener('keydown', (event) => this.#key(event));
    this.addEventListener(foldEvent, (event) => this.#folded((event as CustomEvent<FoldDetail>).detail));
    this.addEventListener(foldAskedEvent, (event) => this.#foldAsked((event as CustomEvent<FoldQuestion>).detail));
    this.addEventListener(hostCommandEvent, (event) => this.#command((event as CustomEvent<CommandDetail>).detail));
    this.addEventListener(openFileEvent, (event) => this.#openFile((event as CustomEvent<OpenFileDetail>).detail));
    this.addEventListener(copyEvent, (event) => void this.#copy((event as CustomEvent<CopyDetail>).detail));
    this.addEventListener(brokenStepEvent, (event) => this.#broke((event as CustomEvent<BrokenStep>).detail));
  }

  get transcript(): Transcript | null {
    return this.querySelector<Transcript>('logos-transcript');
  }

  /** Puts the caret into the composer; where there is none, the focus goes to what offers an agent. */
  focusComposer(): void {
    void this.updateComplete.then(async () => {
      const composer = this.#composer;
      await composer?.updateComplete;
      (composer?.field ?? this.querySelector<HTMLElement>('.greeting .btn.first') ?? this.querySelector<HTMLElement>('main'))?.focus();
      this.#dock.show();
    });
  }

  /** Takes the focus up when nothing on the page has it. */
  readonly keepFocus = (): void => {
    if (!document.hasFocus()) return;
    const active = document.activeElement;
    const isLost = active === null || active === document.body || active.matches(':disabled');
    // What had no composer to go to, goes there when one comes.
    if (isLost || (active.matches('main, .greeting .btn') && this.#composer !== null)) this.focusComposer();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.#focusGuard.observe(this, { childList: true, subtree: true, attributeFilter: ['disabled', 'hidden'] });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#focusGuard.disconnect();
  }

  get #composer(): Composer | null {
    return this.querySelector<Composer>('logos-composer');
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state } = this;
    if (state === undefined) return nothing;
    const agent = currentAgent(state);
    const inQueue = new Set(queuedPending(state).map((message) => message.messageId));
    const pending = [...startingMessages(state), ...shownPending(state).filter((message) => !inQueue.has(message.messageId))];
    const hasAgent = agent !== undefined || (state.agents === undefined && state.agentId !== undefined);
    return html`<main class="chat" tabindex="-1">
      <h1 class="unseen">${agent === undefined ? 'Chat' : `Chat with ${agent.name}`}</h1>
      <logos-status .agent=${agent} .session=${state.snapshot?.session} .status=${statusWord(state, monotonicMs())}></logos-status>
      <logos-transcript
        .turns=${state.snapshot?.turns ?? noTurns}
        .pending=${pending}
        .folds=${state.folds}
        .hasOlder=${state.snapshot?.hasOlderTurns ?? false}
        .isOnline=${state.link.state === 'connected'}
        .isReadOnly=${isReadOnly(state)}
        .agentName=${agent?.name ?? 'the agent'}
        .model=${agent?.route?.model}
        .keysTaken=${state.keysTaken}
        .actions=${this.#actions}
        .greeting=${greeting(state, this.#actions)}
        .onNeedOlder=${this.#needOlder}
        .placeOf=${this.#placeOf}
        .onPlace=${this.#placeChanged}
        .onScroll=${this.#scrolled}
      ></logos-transcript>
      <div class="foot">
        ${hasAgent ? html`<logos-composer .model=${composerModel(state)} .fresh=${this.isAtEnd ? undefined : Math.max(0, piecesOf(state) - this.unread)} .actions=${this.#composerActions}></logos-composer>` : nothing}
      </div>
      <div class="unseen" role="status" aria-live="polite">${this.announced}</div>
    </main>`;
  }

  readonly #needOlder = (isFar: boolean): void => this.driver?.loadOlder(isFar);
  readonly #placeOf = (sessionId: string): ReadingPlace | undefined => this.places?.of(sessionId);
  readonly #placeChanged = (sessionId: string, place: ReadingPlace | undefined): void => {
    this.places?.note(sessionId, place);
    this.onPlaceChange();
  };

  readonly #scrolled = (): void => {
    const isAtEnd = this.transcript?.keeper?.isFollowing ?? true;
    if (isAtEnd !== this.isAtEnd) {
      if (!isAtEnd && this.state !== undefined) this.unread = piecesOf(this.state);
      this.isAtEnd = isAtEnd;
    }
  };

  readonly #actions: ChatActions = {
    run: (command, args) => this.link?.run(command, args),
    retry: (turnId, mode) => this.#retry(turnId, mode),
    startSandbox: () => this.driver?.startSandbox(),
    changeModel: () => {
      const agentId = this.state?.agentId;
      if (agentId !== undefined) this.link?.run('changeModel', { agentId });
    },
    enterKey: () => {
      const agentId = this.state?.agentId;
      if (agentId !== undefined) this.link?.run('enterKey', { agentId });
    },
    newSession: () => this.driver?.take({ type: 'show', what: 'newSession' }),
    resend: (messageId) => this.driver?.resend(messageId),
    removePending: (messageId) => this.driver?.removePending(messageId),
    fold: (key, isOpen) => this.driver?.fold(key, isOpen),
  };

  readonly #composerActions: ComposerActions = {
    type: (text) => this.driver?.type(text),
    submit: (text) => this.#submit(text),
    stop: () => this.driver?.stop(),
    cancelEdit: () => this.driver?.cancelEdit(),
    beginEdit: (messageId) => this.driver?.beginEdit(messageId),
    removeQueued: (messageId) => this.driver?.removeQueued(messageId),
    removePending: (messageId) => this.driver?.removePending(messageId),
    sendQueued: () => this.driver?.sendQueued(),
    startSandbox: () => this.driver?.startSandbox(),
    dismissFailure: () => this.driver?.dismissFailure(),
    toEnd: () => this.transcript?.keeper?.toEnd(),
    recall: () => this.#recall(),
    restore: (sessionId) => this.link?.run('restoreSession', { sessionId }),
    run: (command) => this.link?.run(command, {}),
  };

  /** What was asked for comes at the end. */
  #retry(turnId: string, mode: 'retry' | 'resume'): void {
    this.driver?.retry(turnId, mode);
    this.transcript?.keeper?.toEnd();
    this.focusComposer();
  }

  #submit(text: string): void {
    if (this.state?.edit !== undefined) void this.driver?.saveEdit(text);
    else if (this.driver?.send(text)) this.transcript?.keeper?.toEnd();
  }

  /** The last queued message is taken up to be changed, else the last sent one is written again. */
  #recall(): void {
    const { snapshot } = this.state ?? {};
    const queued = snapshot?.queue.at(-1);
    if (queued !== undefined) return this.driver?.beginEdit(queued.message.id);
    const sent = snapshot?.turns.at(-1);
    if (sent !== undefined) this.driver?.type(messageText(sent.message));
  }

  #folded(detail: FoldDetail): void {
    this.driver?.fold(detail.key, detail.isOpen);
  }

  #foldAsked(question: FoldQuestion): void {
    question.isOpen = this.state?.folds[question.key];
  }

  #command({ command, args }: CommandDetail): void {
    this.link?.run(command, args);
  }

  #openFile(file: OpenFileDetail): void {
    const agent = this.state === undefined ? undefined : currentAgent(this.state);
    if (agent !== undefined) this.link?.run('openFile', { agentId: agent.id, ...file });
  }

  async #copy({ text, settle }: CopyDetail): Promise<void> {
    const isCopied = (await this.link?.copy(text)) ?? false;
    settle(isCopied);
    this.announced = isCopied ? 'Copied.' : 'It could not be copied.';
  }

  #broke({ element, error }: BrokenStep): void {
    this.link?.run('log', { level: 'error', text: `A step could not be shown (${element}): ${error}`.slice(0, 4000) });
  }

  #key(event: KeyboardEvent): void {
    const { transcript } = this;
    const wasUsed = handleChatKey(event, {
      status: this.querySelector<HTMLElement>('logos-status'),
      log: this.querySelector<HTMLElement>('.log'),
      field: this.#composer?.field ?? null,
      roving: transcript?.roving,
      toEnd: () => transcript?.keeper?.toEnd(),
      toStart: () => transcript?.toStart(),
      toLast: () => void transcript?.toLast(),
      newSession: () => this.driver?.take({ type: 'show', what: 'newSession' }),
      toPrompt: (by) => transcript?.toPrompt(by),
    });
    if (!wasUsed) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

const noTurns = [] as const;

/** Pieces of the transcript: prompts and steps. */
function piecesOf(state: ChatState): number {
  return (state.snapshot?.turns ?? []).reduce((sum, turn) => sum + 1 + turn.attempts.reduce((steps, attempt) => steps + (attempt.message?.parts.length ?? 0), 0), state.pending.length);
}

customElements.define('logos-chat', ChatApp);
