import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { icon } from './icon.ts';

/** A button with a word. */
export interface ButtonSpec {
  readonly label: string;
  /** One filled button per region at most. */
  readonly kind: 'first' | 'second' | 'link';
  readonly run: () => void;
  readonly isOff?: boolean;
}

/** Draws a button with a word. */
export function button(spec: ButtonSpec): TemplateResult {
  return html`<button type="button" class="btn ${spec.kind}" ?disabled=${spec.isOff ?? false} @click=${spec.run}>${spec.label}</button>`;
}

/** Draws a button of 24 x 24 with an icon; `label` is its name and its tooltip. */
export function iconButton(name: string, label: string, run: (event: Event) => void, isPressed?: boolean): TemplateResult {
  return html`<button type="button" class="ib" title=${label} aria-label=${label} aria-pressed=${isPressed ?? nothing} @click=${run}>${icon(name)}</button>`;
}
