import { css, unsafeCSS } from 'lit';

const ansi = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
const ansiRules = ansi
  .flatMap((name) => {
    const id = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    return [
      `.ansi-${name}{color:var(--vscode-terminal-ansi${id}, inherit)}`,
      `.ansi-bright-${name}{color:var(--vscode-terminal-ansiBright${id}, inherit)}`,
      `.ansi-on-${name}{background:var(--vscode-terminal-ansi${id}, transparent)}`,
      `.ansi-on-bright-${name}{background:var(--vscode-terminal-ansiBright${id}, transparent)}`,
    ];
  })
  .join('\n');

/** Turns and their steps: prompts, rows of thinking and tools, cards, lines at the end. */
export const stepStyles = css`
  .turn {
    display: flex;
    flex-direction: column;
    gap: var(--lg-2);
    min-width: 0;
    padding-block-end: var(--lg-3);
  }
  .turn:has(> .tail > .usage),
  .turn:has(> .tail.reserved) {
    padding-block-end: 4px;
  }
  .tail {
    display: flex;
    flex-direction: column;
    gap: var(--lg-2);
    min-width: 0;
  }
  .tail:not(.reserved, :has(> *)) {
    display: none;
  }
  /* A line about the end, and the figures below it. */
  .tail.reserved {
    min-height: 52px;
  }
  .pendings {
    display: flex;
    flex-direction: column;
    gap: var(--lg-3);
  }
  .pendings:has(> *) {
    padding-block-end: 4px;
  }
  .pendings > .tail {
    margin-top: calc(var(--lg-2) - var(--lg-3));
  }
  .user {
    position: relative;
    background: var(--lg-input);
    color: var(--lg-input-fg);
    border: 1px solid var(--vscode-chat-requestBorder, var(--lg-line));
    border-radius: var(--lg-r2);
    padding: 7px 11px;
  }
  .user > .text {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    min-height: 20px;
    /* Each paragraph runs in its own direction. */
    unicode-bidi: plaintext;
    text-align: start;
  }
  /* The buttons stand where such a text begins. */
  .user > .text:dir(rtl) {
    padding-right: 24px;
  }
  .user > .acts {
    position: absolute;
    inset-block-start: 4px;
    inset-inline-end: 4px;
    opacity: 0;
    border-radius: var(--lg-r1);
    background: linear-gradient(var(--lg-input), var(--lg-input)), var(--lg-paper);
  }
  .user:is(:hover, :focus-within, :focus) > .acts {
    opacity: 1;
  }
  .note {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 4px 6px;
    margin-top: 4px;
    font-size: var(--lg-text-xs);
  }
  .note .codicon[class*='codicon-'] {
    font-size: 14px;
  }
  .btn.more {
    margin-inline-start: calc(-1 * var(--lg-1));
  }
  .bidi {
    font-family: var(--lg-mono);
    font-size: var(--lg-text-xs);
    border: 1px solid var(--lg-needs);
    border-radius: 3px;
    padding: 0 3px;
    unicode-bidi: isolate;
  }
  .card {
    display: flex;
    flex-direction: column;
    gap: 4px;
    min-width: 0;
  }
  .card > .head,
  .step {
    display: flex;
    align-items: center;
    gap: 6px;
    width: 100%;
    height: 24px;
    line-height: 24px;
    min-width: 0;
    white-space: nowrap;
    border-radius: var(--lg-r1);
    cursor: pointer;
    position: relative;
  }
  .step.still {
    cursor: default;
    color: var(--lg-fg2);
  }
  .card > .head:focus-visible,
  .step:focus-visible {
    outline-offset: -1px;
  }
  .card > .head:hover {
    background: var(--vscode-list-hoverBackground, transparent);
  }
  .card > .head > .seen > * {
    flex: none;
  }
  /* Whole factors: once all but one piece are at their least width, a factor below 1 would take back only that part of what is too much. */
  .card > .head > .seen > .cut {
    flex: 0 5 auto;
  }
  .card > .head > .seen > code.cut {
    min-width: 5ch;
  }
  .card > .head > .seen > .dir {
    flex-shrink: 500;
  }
  .card > .head > .seen > .fact.cut {
    flex-shrink: 1;
  }
  .card > .head > .seen > .codicon:last-child {
    width: 16px;
  }
  .card > .head .meta {
    line-height: inherit;
  }
  .card > .head > .seen > .time {
    margin-inline-start: auto;
    padding-inline-start: 4px;
  }
  .added {
    color: var(--lg-added);
  }
  .removed {
    color: var(--lg-removed);
  }
  .step {
    color: var(--lg-fg2);
    font-size: var(--lg-text-s);
  }
  .step .label {
    font-size: var(--lg-text);
    color: var(--lg-fg);
    flex: none;
  }
  .think-body {
    margin-inline-start: 7px;
    padding-inline-start: 14px;
    border-inline-start: 1px solid var(--lg-line);
    color: var(--lg-fg2);
    font-size: var(--lg-text-s);
    line-height: 18px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    unicode-bidi: plaintext;
    text-align: start;
    max-height: 60vh;
    overflow-y: auto;
  }
  .out {
    border: 1px solid var(--lg-line);
    border-radius: var(--lg-r2);
    background: var(--lg-paper);
    overflow: hidden;
  }
  .out > pre {
    font-size: var(--lg-text-xs);
    line-height: 16px;
    padding: 7px 11px;
    color: var(--lg-fg);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    max-height: 240px;
    overflow-y: auto;
    tab-size: 4;
  }
  .out > p {
    padding: 7px 11px;
    overflow-wrap: anywhere;
  }
  .out pre:focus-visible,
  .codeblock pre:focus-visible,
  .think-body:focus-visible,
  .tablewrap:focus-visible {
    outline-offset: -1px;
  }
  .bar {
    display: flex;
    align-items: center;
    gap: var(--lg-2);
    padding: 3px 7px 3px 11px;
    border-top: 1px solid var(--lg-line);
    min-height: 32px;
    flex-wrap: wrap;
  }
  /* As wide as its words: in a narrow view the buttons go below instead of the words breaking. */
  .mark > .grow {
    overflow-wrap: anywhere;
  }
  .bar > .grow {
    flex: 1 1 auto;
  }
  .nest {
    margin-inline-start: 7px;
    padding-inline-start: 14px;
    border-inline-start: 1px solid var(--lg-line);
    display: flex;
    flex-direction: column;
    gap: var(--lg-2);
  }
  .notice {
    border: 1px solid var(--lg-line);
    border-radius: var(--lg-r2);
    padding: 7px 11px 11px 7px;
    display: flex;
    gap: 8px;
  }
  .notice.bad {
    border-color: color-mix(in srgb, var(--lg-failed) 45%, var(--lg-line));
  }
  .notice > .codicon {
    margin-top: 2px;
  }
  .notice b,
  .notice p {
    overflow-wrap: anywhere;
  }
  .notice p {
    font-size: var(--lg-text-s);
    line-height: 18px;
  }
  .notice .acts {
    display: flex;
    gap: var(--lg-2);
    margin-top: var(--lg-2);
    flex-wrap: wrap;
    align-items: center;
  }
  .details {
    margin-top: var(--lg-2);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    max-height: 240px;
    overflow-y: auto;
    font-size: var(--lg-text-xs);
    line-height: 16px;
    color: var(--lg-fg2);
  }
  .usage {
    margin-top: -4px;
    flex: none;
    display: flex;
    align-items: center;
    gap: 6px;
    height: 24px;
    min-width: 0;
  }
  .usage .ib:not(.said) {
    color: var(--lg-fg2);
  }
  .usage .tools {
    display: flex;
    margin-inline-start: auto;
    margin-inline-end: -4px;
  }
  logos-turn:not(:last-of-type) .usage:not(:focus-within) > * {
    opacity: 0;
  }
  logos-turn:not(:last-of-type) .turn:is(:hover, :focus-within) .usage > * {
    opacity: 1;
  }
  .mark {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 4px 6px;
    min-height: 24px;
  }
  .mark > .codicon {
    flex: none;
  }
  .mark > .ways {
    display: flex;
    gap: 6px;
  }
  /* Words with two buttons beside them keep their width, and the buttons go below together. */
  .mark:has(> .ways) > .grow {
    flex: 1 1 170px;
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) :is(.notice, .user, .out) {
    border-color: var(--vscode-contrastBorder, currentColor);
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) .card > .head:hover {
    outline: 1px dashed var(--vscode-contrastActiveBorder, currentColor);
    outline-offset: -1px;
    background: none;
  }
  .ansi-bold {
    font-weight: 600;
  }
  .ansi-dim {
    color: var(--lg-fg2);
  }
  .ansi-italic {
    font-style: italic;
  }
  .ansi-underlined {
    text-decoration: underline;
  }
`;

/** The sixteen colours of a terminal, as the theme has them. The rules are built from the list above, from nothing that anybody writes. */
export const ansiStyles = unsafeCSS(ansiRules);
