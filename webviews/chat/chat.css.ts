import { css } from 'lit';

/** The frame of the chat: status line, log, foot, and what floats above them. */
export const chatStyles = css`
  logos-chat {
    display: block;
    height: 100%;
  }
  .chat {
    display: flex;
    flex-direction: column;
    height: 100%;
    min-width: 0;
    position: relative;
    container: chat / size;
  }
  logos-status,
  logos-user,
  logos-text,
  logos-tool,
  logos-thinking,
  logos-turn,
  logos-code,
  logos-table,
  logos-composer,
  logos-broken-step {
    display: block;
    min-width: 0;
  }
  logos-copy {
    display: contents;
  }
  .status {
    padding: var(--lg-1) var(--lg-3) var(--lg-2);
    border-bottom: 1px solid var(--lg-line);
  }
  .status .row {
    display: flex;
    align-items: center;
    gap: var(--lg-2);
  }
  .status .who {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    height: 24px;
    font-weight: 600;
    padding-inline-end: 4px;
    min-width: 0;
    max-width: 50%;
    border-radius: var(--lg-r1);
    cursor: pointer;
  }
  .status .who .dot {
    margin-inline-start: 0;
  }
  .status .title {
    display: flex;
  }
  .status .title button {
    height: 24px;
    border-radius: var(--lg-r1);
    cursor: pointer;
    line-height: 24px;
  }
  .status .word {
    flex: none;
  }
  .status .facts {
    display: flex;
    gap: 6px;
    height: 16px;
    white-space: nowrap;
    min-width: 0;
  }
  .status .facts > * {
    flex: none;
  }
  .status .facts > .cut {
    flex: 0 1 auto;
  }
  /* What an agent may touch is never cut for the name of its model. */
  .status .facts > .policy {
    flex: none;
    max-width: 100%;
  }
  .status .link {
    color: var(--lg-link);
    cursor: pointer;
    line-height: 16px;
  }
  .status .link:hover {
    text-decoration: underline;
  }
  logos-transcript {
    display: block;
    flex: 1;
    min-height: 0;
    position: relative;
  }
  main.chat:focus-visible {
    outline: none;
  }
  .log {
    height: 100%;
    overflow-y: auto;
    overflow-x: hidden;
    overflow-anchor: none;
    padding: var(--lg-3) var(--lg-3) 0;
  }
  .log.below-sticky {
    clip-path: inset(34px 0 0 0);
  }
  .column {
    min-height: 100%;
    display: flex;
    flex-direction: column;
    max-width: 900px;
    margin-inline: auto;
  }
  .column > * {
    flex: none;
  }
  .greeting {
    padding-block: var(--lg-1) var(--lg-3);
    color: var(--lg-fg);
    max-width: 68ch;
  }
  .greeting .acts {
    display: flex;
    gap: var(--lg-2);
    margin-top: var(--lg-3);
    flex-wrap: wrap;
  }
  .late {
    animation: lg-late 0s 400ms both;
  }
  @keyframes lg-late {
    from {
      visibility: hidden;
    }
    to {
      visibility: visible;
    }
  }
  .sticky {
    position: absolute;
    inset-block-start: 4px;
    inset-inline: var(--lg-3);
    display: flex;
    align-items: center;
    gap: 6px;
    height: 26px;
    padding: 0 11px;
    border-radius: var(--lg-r2);
    border: 1px solid var(--vscode-chat-requestBorder, var(--lg-line));
    background: linear-gradient(var(--lg-input), var(--lg-input)), var(--lg-paper);
    color: var(--lg-input-fg);
    cursor: pointer;
  }
  .foot {
    position: relative;
    padding: 0 var(--lg-3) var(--lg-3);
    flex: none;
    width: 100%;
    max-width: 924px;
    margin-inline: auto;
  }
  .jump {
    height: 24px;
    min-width: 0;
    padding: 0 10px 0 6px;
    border-radius: 12px;
    display: inline-flex;
    align-items: center;
    gap: 4px;
    font-size: var(--lg-text-s);
    white-space: nowrap;
    color: var(--lg-input-fg);
    border: 1px solid var(--lg-line);
    cursor: pointer;
  }
  .jump:hover {
    background: var(--lg-hover);
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) :is(.jump, .sticky) {
    border-color: var(--vscode-contrastBorder, currentColor);
  }
  @container chat (max-width: 300px) {
    .wide {
      display: none !important;
    }
    .status {
      padding-inline: var(--lg-2);
    }
    .log {
      padding: var(--lg-2) var(--lg-2) 0;
    }
    .foot {
      padding: 0 var(--lg-2) var(--lg-2);
    }
    .sticky {
      inset-inline: var(--lg-2);
    }
    .btn kbd {
      display: none;
    }
    .card > .head > .seen > .codicon:last-child {
      margin-inline-start: auto;
    }
  }
`;
