import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { Tokens } from 'marked';
import { LightElement } from '../shared/lightElement.ts';
import { inlineTemplate } from './inlineTemplate.ts';
import { KeptFold } from './keptFold.ts';
import { markScrollBox } from './scrollBox.ts';
import { countWords } from './words.ts';

const foldOverRows = 30;
const foldedRows = 20;
const maxColumns = 40;

/** A table in a box of its own that scrolls sideways; over 30 rows it shows the first 20 until it is opened. */
export class TableBlock extends LightElement {
  static override properties = { token: {} };
  declare token: Tokens.Table | undefined;
  readonly #fold = new KeptFold(this, 'table');

  constructor() {
    super();
    this.token = undefined;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    markScrollBox(this.querySelector('.tablewrap'), 'Table');
  }

  protected override render(): TemplateResult | typeof nothing {
    const { token } = this;
    if (token === undefined) return nothing;
    const isFolded = token.rows.length > foldOverRows && !this.#fold.isOpen;
    const rows = isFolded ? token.rows.slice(0, foldedRows) : token.rows;
    return html`<div class="tablewrap" dir="auto">
        <table>
          <thead>
            <tr>
              ${token.header.slice(0, maxColumns).map((cell) => html`<th scope="col" class=${cell.align ?? ''}>${inlineTemplate(cell.tokens)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map((row) => html`<tr>${row.slice(0, maxColumns).map((cell) => html`<td class=${cell.align ?? ''}>${inlineTemplate(cell.tokens)}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>
      ${isFolded ? html`<button type="button" class="btn link more" @click=${() => (this.#fold.isOpen = true)}>Show all ${countWords(token.rows.length)} rows</button>` : nothing}`;
  }
}

customElements.define('logos-table', TableBlock);
