import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { Agent } from '../../server/protocol/agents.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { icon, readyDot } from '../shared/icon.ts';
import { LightElement } from '../shared/lightElement.ts';
import { askHost } from './chatContext.ts';
import { policyVariants } from './statusModel.ts';
import type { StatusWord } from './statusModel.ts';

const tinyTitle = 'tiny model for trying things out; it cannot use tools';

/** Who answers, how it stands, with which model, and what it may touch: two rows that stay in sight. */
export class StatusLine extends LightElement {
  static override properties = { agent: {}, session: {}, status: {}, variant: { state: true }, showsNote: { state: true } };
  declare agent: Agent | undefined;
  declare session: Session | undefined;
  declare status: StatusWord | undefined;
  /** How many phrases of the policy are left out for want of room. */
  declare variant: number;
  /** There is room for the words about a tiny model. */
  declare showsNote: boolean;
  readonly #sizes = new ResizeObserver(() => this.#fit());
  #measuredWords = '';

  constructor() {
    super();
    this.agent = undefined;
    this.session = undefined;
    this.status = undefined;
    this.variant = 0;
    this.showsNote = true;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const words = `${this.agent?.policy.words} ${this.agent?.route?.model}`;
    if (words === this.#measuredWords) return;
    this.#measuredWords = words;
    this.#fit();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { agent, session, status } = this;
    if (agent === undefined || status === undefined) return nothing;
    return html`<header class="status" aria-label="Agent">
      <div class="row">
        <button type="button" class="who" title="Choose another agent" aria-label="${agent.name}, ${status.word}. Choose another agent" @click=${() => askHost(this, 'chooseAgent', {})}>
          ${status.icon === 'dot' ? readyDot() : icon(status.icon, status.tone, status.isTurning)}<span class="cut" dir="auto">${agent.name}</span>${icon('chevron-down')}
        </button>
        ${session === undefined || session.deletedAt !== undefined
          ? html`<span class="cut grow quiet" dir="auto" title=${session?.title ?? ''}>${session?.title || 'New session'}</span>`
          : html`<span class="grow title"><button type="button" class="cut quiet" dir="auto" title="${session.title} (rename)" @click=${() => askHost(this, 'renameSession', { sessionId: session.id })}>${session.title === '' ? 'New session' : session.title}</button></span>`}
        <span class="meta word ${status.tone === 'failed' || status.tone === 'needs' ? status.tone : ''}">${status.word}</span>
      </div>
      <div class="facts meta">${this.#facts(agent)}</div>
    </header>`;
  }

  #facts(agent: Agent): TemplateResult {
    const { route } = agent;
    const model = route === undefined ? 'no model yet' : route.model;
    const variants = policyVariants(agent.policy.words);
    const shown = variants[Math.min(this.variant, variants.length - 1)] ?? agent.policy.name;
    return html`<span class="cut wide" title=${route === undefined ? 'No model server answers yet' : `${route.model} on ${route.serverName}${route.isTiny ? `: ${tinyTitle}` : ''}`}>${model}</span>
      ${route?.isTiny ? html`<span class="cut wide tiny" title=${tinyTitle} ?hidden=${!this.showsNote}>tiny model for trying things out</span>` : nothing}
      <span class="wide" aria-hidden="true">·</span>
      <button type="button" class="link cut policy" title="${agent.policy.words}. Show the policy" aria-label="${agent.policy.words}. Show the policy" @click=${() => askHost(this, 'openPolicy', { agentId: agent.id })} .textContent=${shown}></button>`;
  }

  /** Takes the longest words of the policy that fit beside the model; what is said about the model gives way before any of them. */
  #fit(): void {
    const row = this.querySelector<HTMLElement>('.facts');
    const link = this.querySelector<HTMLElement>('.policy');
    if (row === null || link === null || this.agent === undefined) return;
    const note = row.querySelector<HTMLElement>('.tiny');
    const variants = policyVariants(this.agent.policy.words);
    const fits = (words: string, hasNote: boolean): boolean => {
      link.textContent = words;
      if (note !== null) note.hidden = !hasNote;
      return row.scrollWidth <= row.clientWidth && link.scrollWidth <= link.clientWidth && [...row.children].every((child) => child.scrollWidth <= child.clientWidth + 1);
    };
    const before = link.textContent;
    const hasRoom = fits(variants[0] ?? '', true);
    const first = hasRoom ? 0 : variants.findIndex((words) => fits(words, false));
    link.textContent = before;
    if (note !== null) note.hidden = !this.showsNote;
    this.showsNote = hasRoom;
    this.variant = first < 0 ? Math.max(0, variants.length - 1) : first;
  }
}

customElements.define('logos-status', StatusLine);
