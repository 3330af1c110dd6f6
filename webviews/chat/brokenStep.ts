import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { button } from '../shared/button.ts';
import { icon } from '../shared/icon.ts';
import { LightElement } from '../shared/lightElement.ts';
import { askHost } from './chatContext.ts';
import { copyButton } from './copyButton.ts';

/** Stands in the place of a step that could not be drawn. */
export class BrokenStepCard extends LightElement {
  static override properties = { raw: {} };
  declare raw: string;

  constructor() {
    super();
    this.raw = '';
  }

  protected override render(): TemplateResult {
    return html`<div class="notice bad" data-stop role="group" aria-label="This step could not be shown">
      ${icon('error', 'failed')}
      <div>
        <b>This step could not be shown</b>
        <div class="acts">
          ${copyButton('Copy Raw', () => this.raw, 'Copy Raw')}
          ${button({ label: 'Reload', kind: 'second', run: () => askHost(this, 'reloadView', {}) })}
        </div>
      </div>
    </div>`;
  }
}

customElements.define('logos-broken-step', BrokenStepCard);
