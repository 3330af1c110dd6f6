import { css } from 'lit';

/** The composer: strips, text, tools. */
export const composerStyles = css`
  .composer {
    border: 1px solid var(--lg-input-line);
    border-radius: var(--lg-r2);
    background: var(--lg-input);
    overflow: hidden;
  }
  .composer:focus-within {
    border-color: var(--lg-focus);
  }
  .composer textarea {
    display: block;
    width: 100%;
    padding: 7px 11px 3px;
    min-height: 30px;
    /* The transcript keeps 160 px, beside the status line, the tools and the edges. */
    max-height: max(30px, min(40cqh, 100cqh - 260px));
    field-sizing: content;
    resize: none;
    overflow-y: auto;
    overflow-wrap: anywhere;
    color: var(--lg-input-fg);
    line-height: 20px;
  }
  /* Of so long a text no size is measured. */
  .composer textarea.long {
    field-sizing: fixed;
    height: max(30px, min(40cqh, 100cqh - 260px));
  }
  .composer textarea:focus,
  .composer textarea:focus-visible {
    outline: none;
  }
  /* Words that change with the state change no height. */
  .composer textarea:placeholder-shown {
    white-space: nowrap;
  }
  .composer textarea::placeholder {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: color-mix(in srgb, var(--lg-input-fg) 72%, transparent);
    opacity: 1;
  }
  .composer.locked textarea {
    color: var(--lg-fg2);
  }
  .composer :is(button):focus-visible {
    outline-color: var(--lg-link);
    outline-offset: -1px;
  }
  .composer .tools {
    display: flex;
    align-items: center;
    gap: 4px;
    height: 32px;
    padding: 0 4px 4px 6px;
    cursor: text;
  }
  .composer .strip {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 4px 6px;
    min-height: 28px;
    padding: 4px 4px 4px 11px;
    border-bottom: 1px solid var(--lg-input-line);
    font-size: var(--lg-text-s);
    line-height: 16px;
    color: var(--lg-input-fg);
  }
  .composer .strip > .grow {
    flex: 1 1 140px;
    overflow-wrap: anywhere;
  }
  .composer .queue {
    border-bottom: 1px solid var(--lg-input-line);
    padding: 4px 4px 4px 11px;
    font-size: var(--lg-text-s);
    color: var(--lg-input-fg);
  }
  .composer .qhead {
    display: flex;
    align-items: center;
    gap: 6px;
  }
  .composer .qrow {
    display: flex;
    align-items: center;
    gap: 6px;
    height: 24px;
    line-height: 24px;
  }
  .composer .queue > .btn.link {
    padding: 0;
  }
  .send {
    width: 24px;
    height: 24px;
    border-radius: var(--lg-r1);
    display: grid;
    place-items: center;
    background: var(--vscode-button-background, transparent);
    color: var(--vscode-button-foreground, var(--lg-fg));
    border: 1px solid var(--lg-edge);
    cursor: pointer;
  }
  .send.off {
    background: none;
    border-color: transparent;
    color: var(--vscode-disabledForeground, var(--lg-fg2));
    cursor: default;
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) .composer :focus-visible {
    outline-color: var(--lg-focus);
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) .composer textarea:focus-visible {
    outline: none;
  }
  body:is(.vscode-high-contrast, .vscode-high-contrast-light) .composer:not(:focus-within) {
    border-color: var(--vscode-contrastBorder, currentColor);
  }
`;
