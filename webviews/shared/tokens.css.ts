import { css } from 'lit';

/**
 * The tokens of the surface, derived from VS Code's variables alone, each with a fallback for hosts and themes that lack it,
 * and the reset of the style sheet that VS Code puts into webviews.
 */
export const tokenStyles = css`
  :root {
    --lg-1: 4px;
    --lg-2: 8px;
    --lg-3: 12px;
    --lg-4: 16px;
    --lg-text: var(--vscode-font-size, 13px);
    --lg-text-s: calc(var(--vscode-font-size, 13px) * 12 / 13);
    --lg-text-xs: calc(var(--vscode-font-size, 13px) * 11 / 13);
    --lg-r1: var(--vscode-cornerRadius-small, 4px);
    --lg-r2: var(--vscode-cornerRadius-medium, 6px);
    --lg-fg: var(--vscode-foreground, CanvasText);
    --lg-fg2: var(--vscode-descriptionForeground, var(--lg-fg));
    --lg-link: var(--vscode-textLink-foreground, LinkText);
    --lg-line: var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    --lg-edge: var(--vscode-contrastBorder, transparent);
    --lg-paper: var(--vscode-editor-background, Canvas);
    --lg-hover: var(--vscode-toolbar-hoverBackground, transparent);
    --lg-focus: var(--vscode-focusBorder, currentColor);
    --lg-input: var(--vscode-input-background, Field);
    --lg-input-fg: var(--vscode-input-foreground, var(--lg-fg));
    --lg-input-line: var(--vscode-input-border, var(--vscode-contrastBorder, var(--lg-line)));
    --lg-ok: var(--vscode-charts-green, var(--lg-fg));
    --lg-working: var(--vscode-charts-blue, var(--lg-fg));
    --lg-needs: var(--vscode-list-warningForeground, var(--vscode-editorWarning-foreground, var(--lg-fg)));
    --lg-failed: var(--vscode-list-errorForeground, var(--vscode-editorError-foreground, var(--lg-fg)));
    --lg-added: var(--vscode-chat-linesAddedForeground, var(--vscode-gitDecoration-addedResourceForeground, var(--lg-fg)));
    --lg-removed: var(--vscode-chat-linesRemovedForeground, var(--vscode-gitDecoration-deletedResourceForeground, var(--lg-fg)));
    --lg-mono: var(--vscode-editor-font-family, ui-monospace, monospace);
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  html,
  body {
    height: 100%;
  }
  body {
    margin: 0;
    padding: 0;
    overflow: hidden;
    color: var(--lg-fg);
    font: 400 var(--lg-text) / 20px var(--vscode-font-family, system-ui, sans-serif);
  }
  button,
  textarea {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    padding: 0;
    margin: 0;
    text-align: start;
  }
  p,
  ul,
  ol,
  pre,
  table,
  h1,
  h2,
  h3,
  h4,
  blockquote,
  hr {
    margin: 0;
    padding: 0;
  }
  a {
    color: var(--lg-link);
    text-decoration: none;
    cursor: pointer;
  }
  a:hover {
    text-decoration: underline;
  }
  code,
  pre {
    font-family: var(--lg-mono);
    font-size: var(--lg-text-s);
    background: none;
    color: inherit;
    padding: 0;
    border-radius: 0;
  }
  b,
  strong,
  h2,
  th {
    font-weight: 600;
  }
  h2 {
    font-size: var(--lg-text);
    line-height: 20px;
  }
  :focus {
    outline: none;
  }
  :focus-visible {
    outline: 1px solid var(--lg-focus);
    outline-offset: 1px;
  }
  .codicon {
    flex: none;
  }
  .codicon[class*='codicon-'] {
    font-size: 16px;
  }
  .codicon.ok {
    color: var(--lg-ok);
  }
  .codicon.working {
    color: var(--lg-working);
  }
  .needs {
    color: var(--lg-needs);
  }
  .failed {
    color: var(--lg-failed);
  }
  .quiet {
    color: var(--lg-fg2);
  }
  .meta {
    font-size: var(--lg-text-xs);
    line-height: 16px;
    color: var(--lg-fg2);
    font-variant-numeric: tabular-nums;
  }
  .meta.failed {
    color: var(--lg-failed);
  }
  .meta.needs {
    color: var(--lg-needs);
  }
  .cut {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    min-width: 0;
  }
  .grow {
    flex: 1;
    min-width: 0;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .seen {
    display: contents;
  }
  .dot {
    width: 8px;
    height: 8px;
    margin: 4px;
    border-radius: 50%;
    flex: none;
    background: var(--lg-ok);
    forced-color-adjust: none;
  }
  .spin {
    animation: lg-spin 2s linear infinite;
  }
  @keyframes lg-spin {
    to {
      transform: rotate(1turn);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .spin,
    .caret {
      animation: none;
    }
  }
  body.vscode-reduce-motion :is(.spin, .caret) {
    animation: none;
  }
`;

/** Buttons, chips and other small controls. */
export const controlStyles = css`
  .btn {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--lg-1);
    min-height: 24px;
    padding: 0 var(--lg-2);
    border-radius: var(--lg-r1);
    border: 1px solid var(--vscode-button-border, var(--lg-edge));
    background: var(--vscode-button-background, transparent);
    color: var(--vscode-button-foreground, var(--lg-fg));
    font-size: var(--lg-text-s);
    line-height: 16px;
    white-space: nowrap;
    cursor: pointer;
  }
  .btn:hover {
    background: var(--vscode-button-hoverBackground, var(--vscode-button-background, transparent));
  }
  .btn.second {
    background: var(--vscode-button-secondaryBackground, transparent);
    color: var(--vscode-button-secondaryForeground, var(--lg-fg));
    border-color: var(--vscode-button-secondaryBorder, var(--vscode-button-border, var(--lg-edge)));
  }
  .btn.second:hover {
    background: var(--vscode-button-secondaryHoverBackground, var(--vscode-button-secondaryBackground, transparent));
  }
  .btn.link {
    background: none;
    border-color: transparent;
    color: var(--lg-link);
    padding: 0 var(--lg-1);
  }
  .btn[disabled] {
    opacity: 0.5;
    cursor: default;
  }
  .btn kbd {
    all: unset;
    font-size: var(--lg-text-xs);
    opacity: 0.75;
    margin-inline-start: var(--lg-1);
  }
  .ib {
    width: 24px;
    height: 24px;
    display: grid;
    place-items: center;
    border-radius: var(--lg-r1);
    color: var(--vscode-icon-foreground, var(--lg-fg));
    flex: none;
    cursor: pointer;
  }
  .ib:hover {
    background: var(--lg-hover);
  }
  .ib.said {
    width: auto;
    padding: 0 var(--lg-1);
    font-size: var(--lg-text-xs);
    line-height: 16px;
    color: var(--lg-fg);
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) {
    --lg-line: var(--vscode-contrastBorder, currentColor);
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) :is(.btn, .ib):hover {
    outline: 1px dashed var(--vscode-contrastActiveBorder, currentColor);
    outline-offset: -1px;
    background: inherit;
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) .btn.first {
    background: var(--vscode-button-background, transparent);
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) .btn:not(.link) {
    border-color: var(--vscode-contrastBorder, currentColor);
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) :focus-visible {
    outline-width: 2px;
  }
  @media (forced-colors: active) {
    .btn:not(.link) {
      border-color: ButtonBorder;
    }
  }
`;
