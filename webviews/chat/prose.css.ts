import { css } from 'lit';

/** Markdown: paragraphs, lists, code, tables, and the caret of text that still grows. */
export const proseStyles = css`
  .prose {
    display: flex;
    flex-direction: column;
    gap: var(--lg-2);
    overflow-wrap: anywhere;
    min-width: 0;
    border-radius: var(--lg-r1);
  }
  .prose > :is(p, ul, ol, h2, h3, h4, blockquote) {
    max-width: 76ch;
  }
  .prose :is(h2, h3, h4) {
    font-weight: 600;
    line-height: 20px;
  }
  .prose h2 {
    font-size: calc(var(--lg-text) * 17 / 13);
    line-height: 24px;
  }
  .prose h3 {
    font-size: calc(var(--lg-text) * 15 / 13);
    line-height: 22px;
  }
  .prose h4 {
    font-size: var(--lg-text);
  }
  .prose > .goes-on {
    margin-top: calc(-1 * var(--lg-2));
  }
  .prose :not(pre) > code {
    background: var(--vscode-textPreformat-background, transparent);
    color: var(--vscode-textPreformat-foreground, inherit);
    padding: 1px 4px;
    border-radius: 3px;
  }
  .prose :is(ul, ol) {
    padding-inline-start: 20px;
  }
  .prose li > :is(p, ul, ol):not(:first-child) {
    margin-top: 4px;
  }
  .prose li > :is(logos-code, logos-table) {
    margin-block: 4px;
  }
  .prose a {
    text-decoration: underline;
  }
  .prose li.task {
    list-style: none;
    margin-inline-start: -20px;
  }
  .prose li.task .codicon {
    vertical-align: -3px;
  }
  .prose blockquote {
    border-inline-start: 2px solid var(--lg-line);
    padding-inline-start: 10px;
    display: flex;
    flex-direction: column;
    gap: var(--lg-2);
  }
  .prose hr {
    border: 0;
    border-top: 1px solid var(--lg-line);
    width: 100%;
  }
  .prose .asis {
    white-space: pre-wrap;
  }
  .caret {
    display: inline-block;
    width: 7px;
    height: 14px;
    /* It takes no room, so that no line breaks for it. */
    margin-inline: 2px -9px;
    vertical-align: -2px;
    background: var(--lg-fg);
    animation: lg-blink 1s steps(2, jump-none) infinite;
  }
  @keyframes lg-blink {
    to {
      opacity: 0;
    }
  }
  .codeblock {
    border: 1px solid var(--lg-line);
    border-radius: var(--lg-r2);
    background: var(--lg-paper);
    overflow: hidden;
  }
  .codeblock > .head {
    display: flex;
    align-items: center;
    height: 28px;
    padding: 0 2px 0 11px;
    border-bottom: 1px solid var(--lg-line);
  }
  .codeblock pre {
    padding: 7px 11px;
    line-height: 18px;
    overflow-x: auto;
    white-space: pre;
    overflow-wrap: normal;
    tab-size: 2;
  }
  .codeblock pre.wrapped {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .codeblock > .more {
    margin: 0 7px 3px;
  }
  .codeblock .ib {
    color: var(--lg-fg2);
  }
  .codeblock .ib[aria-pressed='true'] {
    background: var(--vscode-inputOption-activeBackground, transparent);
    color: var(--vscode-inputOption-activeForeground, var(--lg-fg));
  }
  .tk-keyword {
    color: var(--vscode-debugTokenExpression-name, inherit);
  }
  .tk-string {
    color: var(--vscode-debugTokenExpression-string, inherit);
  }
  .tk-number {
    color: var(--vscode-debugTokenExpression-number, inherit);
  }
  .tk-comment {
    color: var(--lg-fg2);
  }
  .tk-added {
    color: var(--lg-added);
  }
  .tk-removed {
    color: var(--lg-removed);
  }
  .tablewrap {
    overflow-x: auto;
    overflow-wrap: normal;
    border-bottom: 1px solid var(--lg-line);
  }
  .tablewrap table {
    border-collapse: collapse;
    width: 100%;
  }
  .tablewrap :is(th, td) {
    padding: 3px 0 2px;
    padding-inline-end: 12px;
    text-align: start;
    border: 0;
    border-bottom: 1px solid var(--lg-line);
    font-size: var(--lg-text-s);
    line-height: 18px;
    font-weight: 400;
    font-variant-numeric: tabular-nums;
    vertical-align: top;
  }
  .tablewrap th {
    font-weight: 600;
  }
  .tablewrap tr:last-child td {
    border-bottom: 0;
  }
  .tablewrap :is(th, td).right {
    white-space: nowrap;
    text-align: end;
    padding-inline: 12px 0;
  }
  .tablewrap :is(th, td).center {
    text-align: center;
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) .prose :not(pre) > code {
    outline: 1px solid var(--vscode-contrastBorder, currentColor);
    margin-inline: 1px;
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) .ib[aria-pressed='true'] {
    background: var(--lg-fg);
    color: var(--lg-paper);
  }
`;
