import type { RovingFocus } from './rovingFocus.ts';

/** The places that keys move between. */
export interface KeyPlaces {
  readonly status: HTMLElement | null;
  readonly log: HTMLElement | null;
  readonly field: HTMLTextAreaElement | null;
  readonly roving: RovingFocus | undefined;
  toEnd(): void;
  /** Goes to the very first step, and to the very last. */
  toStart(): void;
  toLast(): void;
  /** Shows an empty chat with the present agent. */
  newSession(): void;
  /** Goes to the prompt before or after the place of reading. */
  toPrompt(by: 1 | -1): void;
}

/** Handles a key of the chat that is not the composer's own; true when it was used and must go no further. */
export function handleChatKey(event: KeyboardEvent, places: KeyPlaces): boolean {
  if (event.isComposing || event.keyCode === 229) return false;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.altKey && !event.shiftKey && isVertical(event.key)) {
    places.toPrompt(event.key === 'ArrowUp' ? -1 : 1);
    return true;
  }
  // VS Code has a key binding for it too, but does not count a focused webview as a focused view.
  if (isCommand && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'n') {
    places.newSession();
    return true;
  }
  if (isCommand && !event.altKey && !event.shiftKey && isVertical(event.key)) return moveRegion(event.key === 'ArrowUp' ? -1 : 1, places);
  const isInLog = places.log?.contains(document.activeElement) ?? false;
  if (!isInLog) return document.activeElement?.matches('main') === true && !isCommand && !event.altKey ? typeAhead(event, places.field) : false;
  if (isCommand && event.key === 'End') {
    places.toEnd();
    return true;
  }
  return isCommand || event.altKey ? false : handleLogKey(event, places);
}

function isVertical(key: string): boolean {
  return key === 'ArrowUp' || key === 'ArrowDown';
}

/** Status line, transcript, composer, in a line without a ring. */
function moveRegion(by: 1 | -1, { status, log, field, roving }: KeyPlaces): boolean {
  const active = document.activeElement;
  const regions = [
    { holds: status?.contains(active), enter: () => status?.querySelector<HTMLElement>('button')?.focus() },
    { holds: log?.contains(active), enter: () => roving?.enter() },
    { holds: field?.closest('.composer')?.contains(active), enter: () => field?.focus() },
  ];
  const at = regions.findIndex((region) => region.holds);
  const next = regions[at < 0 ? regions.length - 1 : Math.min(regions.length - 1, Math.max(0, at + by))];
  next?.enter();
  return true;
}

function handleLogKey(event: KeyboardEvent, places: KeyPlaces): boolean {
  const { field, roving } = places;
  const target = document.activeElement;
  const isOwnBox = target instanceof HTMLElement && target.getAttribute('role') === 'region';
  switch (event.key) {
    case 'Escape':
      field?.focus();
      return true;
    case 'ArrowUp':
    case 'ArrowDown':
      return isOwnBox ? false : (roving?.move(event.key === 'ArrowUp' ? -1 : 1) ?? false);
    case 'Home':
      places.toStart();
      return true;
    case 'End':
      places.toLast();
      return true;
    case 'ArrowRight':
    case 'ArrowLeft':
      return isOwnBox ? false : fold(target, event.key === 'ArrowRight');
    default:
      return typeAhead(event, field);
  }
}

/** Right opens, Left folds; in a text that runs from right to left the keys mean the same. */
function fold(target: Element | null, isOpening: boolean): boolean {
  if (!(target instanceof HTMLElement) || !target.hasAttribute('aria-expanded')) return false;
  if ((target.getAttribute('aria-expanded') === 'true') !== isOpening) target.click();
  return true;
}

/** A character typed in the transcript is meant for the composer: the focus goes there, and the browser puts it in. */
function typeAhead(event: KeyboardEvent, field: HTMLTextAreaElement | null): boolean {
  const isOnButton = event.key === ' ' || event.key === 'Enter';
  if ([...event.key].length === 1 && !isOnButton) field?.focus();
  return false;
}
