import { isWebAddress } from '../shared/relayMessages.ts';

/** Where a link of an answer leads: to the web, to a file of the agent, to a place within the answer, or nowhere, with the reason in words. */
export type LinkTarget =
  | { readonly kind: 'web'; readonly href: string }
  | { readonly kind: 'file'; readonly path: string; readonly line?: number }
  | { readonly kind: 'fragment' }
  | { readonly kind: 'refused'; readonly why: string };

const scheme = /^[a-z][a-z0-9+.-]*:/i;
/** White space and characters without a shape make an address read as another one. */
const hiddenCharacters = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const lineSuffix = /(?:#L|:)(\d{1,7})(?:[-:,].*)?$/;

/** Reads the address of a link as it was written; what is opened in the web is that text, with spaces alone encoded. */
export function linkTarget(written: string): LinkTarget {
  const href = written.trim();
  if (href === '') return refused('the link has no address');
  if (hiddenCharacters.test(href)) return refused('its address has hidden characters');
  if (href.startsWith('#')) return { kind: 'fragment' };
  if (/^file:\/\/\//i.test(href)) return fileTarget(href.slice('file://'.length));
  if (/^https?:/i.test(href)) return webTarget(href);
  if (scheme.test(href)) return refused('links of this kind are not opened');
  if (href.startsWith('//') || href.startsWith('\\')) return refused('its address has no scheme');
  return fileTarget(href);
}

function webTarget(href: string): LinkTarget {
  const address = href.replaceAll(' ', '%20');
  if (!isWebAddress(address)) return refused('its address cannot be read');
  return new URL(address).password === '' ? { kind: 'web', href: address } : refused('its address holds a password');
}

function fileTarget(href: string): LinkTarget {
  const line = Number(lineSuffix.exec(href)?.[1] ?? 0);
  const path = decoded(href.replace(lineSuffix, '').replace(/[?#].*$/, ''));
  if (path === '' || hiddenCharacters.test(path)) return refused('its path cannot be read');
  return line > 0 ? { kind: 'file', path, line } : { kind: 'file', path };
}

/** Models write paths encoded and as they are; what cannot be decoded was not encoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function refused(why: string): LinkTarget {
  return { kind: 'refused', why };
}
