import { css } from 'lit';

/**
 * A view of a few lines, as at 200 % zoom: who and what it may touch in one line, the tools beside the text, the rest for reading; in one that
 * is lower still (`low`, see the scrolling dock) even these scroll away. Adopted after all others.
 */
export const compactStyles = css`
  @container chat (max-height: 330px) {
    .status {
      display: flex;
      align-items: center;
      gap: var(--lg-2);
      padding-block: 2px;
    }
    .status .row {
      display: contents;
    }
    .status .title,
    .status .row > .grow,
    .status .facts > .wide {
      display: none;
    }
    .status .who {
      flex: none;
    }
    .status .facts {
      flex: 1;
      align-items: center;
    }
    .status .word {
      order: 1;
    }
    .foot {
      padding-bottom: var(--lg-1);
    }
    .composer {
      display: grid;
      grid-template-columns: minmax(0, 1fr) auto;
      align-items: end;
    }
    .composer > #composer-strips {
      grid-column: 1 / -1;
    }
    .composer .tools {
      padding: 0 3px;
    }
    .composer .tools .grow,
    .jump .cut,
    .btn kbd {
      display: none;
    }
    .jump {
      padding: 0 4px;
    }
    .composer textarea {
      padding-block: 6px 4px;
      max-height: max(30px, 100cqh - 200px);
    }
    .composer textarea.long {
      height: max(30px, 100cqh - 200px);
    }
  }
  .chat.low {
    overflow: clip;
  }
  .chat.low > :is(logos-status, .foot) {
    position: absolute;
    inset-inline: 0;
    z-index: 1;
    transform: translateY(var(--dock-shift));
  }
  .chat.low > .foot {
    bottom: 0;
  }
  .chat.low > logos-status {
    bottom: var(--foot-height);
  }
  .chat.low .status {
    border-bottom: 0;
  }
  .chat.low .log {
    padding-bottom: var(--dock-height);
  }
  .chat.low .log.below-sticky {
    clip-path: none;
  }
  .chat.low .sticky {
    display: none;
  }
  .chat.low .composer :is(textarea, textarea.long) {
    max-height: max(30px, 50cqh);
  }
`;
