import { beforeEach, describe, expect, it } from 'vitest';
import { PageState } from '../../webviews/shared/pageState.ts';

/** A browser's storage with room for so many characters of one value. */
class SmallStorage {
  readonly values = new Map<string, string>();
  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (value.length > 100) throw new DOMException('full', 'QuotaExceededError');
    this.values.set(key, value);
  }
  removeItem(key: string): void {
    this.values.delete(key);
  }
}

describe('the state of a page', () => {
  let storage: SmallStorage;
  let kept: unknown;
  let now = 0;
  const port = { postMessage: () => undefined, getState: () => kept, setState: (state: unknown) => void (kept = state) };
  const page = (key = 'chat-one', copies: SmallStorage | undefined = storage) => new PageState(port, copies, key, () => (now += 1));

  beforeEach(() => {
    storage = new SmallStorage();
    kept = undefined;
  });

  it('is none at first', () => expect(page().read()).toBeUndefined());

  it('is there for the next page although VS Code kept an older one', () => {
    page().write({ text: 'old' });
    const late = kept;
    page().write({ text: 'new' });
    kept = late;
    const next = page();
    expect(next.read()).toEqual({ text: 'new' });
    expect(next.isLatest).toBe(true);
  });

  it('is what VS Code kept where the window is a new one', () => {
    page().write({ text: 'words' });
    storage = new SmallStorage();
    const next = page();
    expect(next.read()).toEqual({ text: 'words' });
    expect(next.isLatest).toBe(false);
  });

  it('is what another window wrote since, which VS Code kept', () => {
    page().write({ text: 'of this window' });
    page('chat-one', new SmallStorage()).write({ text: 'of the other' });
    const next = page();
    expect(next.read()).toEqual({ text: 'of the other' });
    expect(next.isLatest).toBe(false);
  });

  it('is not that of another workspace in the same window', () => {
    page('chat-one').write({ text: 'one' });
    kept = undefined;
    expect(page('chat-two').read()).toBeUndefined();
  });

  it('is what VS Code kept where it is too large for the browser, not the older copy', () => {
    page().write({ text: 'small' });
    page().write({ text: 'x'.repeat(200) });
    expect(page().read()).toEqual({ text: 'x'.repeat(200) });
  });

  it('is what VS Code kept where the copy cannot be read, or there is no storage', () => {
    page().write({ text: 'words' });
    storage.values.set('chat-one', '{');
    expect(page().read()).toEqual({ text: 'words' });
    expect(new PageState(port, undefined, 'chat-one', () => now).read()).toEqual({ text: 'words' });
  });
});
