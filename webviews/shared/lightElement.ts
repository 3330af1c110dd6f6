import { LitElement } from 'lit';
import type { CSSResult } from 'lit';

/**
 * An element that renders into itself, without a shadow: text can be selected across steps, the icon font's classes hold everywhere,
 * and accessible names may point across elements. Styles are adopted by the document.
 */
export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}

/** Adds style sheets to the document, as constructed sheets, which the content security policy allows. */
export function adoptStyles(...styles: readonly CSSResult[]): void {
  const sheets = styles.flatMap(({ styleSheet }) => (styleSheet === undefined ? [] : [styleSheet]));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...sheets];
}
