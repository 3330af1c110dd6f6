import type { ModelServer } from '../../server/protocol/models.ts';
import { labelText } from '../trees/labelText.ts';

/** An address as it goes to the gateway; `isAssumed` when its scheme was not written. */
export interface ModelAddress {
  readonly baseUrl: string;
  readonly isAssumed: boolean;
}

/** The address that a person wrote, given a scheme where it has none: http on this machine and in private networks, https elsewhere. */
export function readAddress(text: string): ModelAddress | undefined {
  const written = text.trim();
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) return isWeb(written) ? { baseUrl: written, isAssumed: false } : undefined;
  const bare = `http://${written}`;
  if (/[\s\\]/.test(written) || /^[/?#]/.test(written) || !URL.canParse(bare)) return undefined;
  return { baseUrl: isPrivate(new URL(bare).hostname) ? bare : `https://${written}`, isAssumed: true };
}

/** Why a text is no address of a server that can be added, the servers that a person added being `taken`; undefined when it is one. */
export function checkAddress(text: string, taken: readonly Pick<ModelServer, 'name' | 'baseUrl'>[]): string | undefined {
  const address = readAddress(text);
  if (address === undefined) return 'Write an address such as localhost:1234, or one that begins with http:// or https://.';
  const { username, password } = new URL(address.baseUrl);
  if (username !== '' || password !== '') return 'Write the address without a user; the key is asked for after it.';
  const same = taken.find(({ baseUrl }) => base(baseUrl) === base(address.baseUrl));
  return same === undefined ? undefined : `${labelText(same.name)} has this address already; change it with Edit Model Server, or write another address.`;
}

/** What was made of an address without a scheme: a sentence short enough for the one line of a folded notification, and why; empty when it was written in full. */
export function assumedWords({ baseUrl, isAssumed }: ModelAddress): { readonly fact: string; readonly why: string } {
  if (!isAssumed) return { fact: '', why: '' };
  const address = labelText(baseUrl, 60);
  if (baseUrl.startsWith('http:')) return { fact: `Read as ${address}, not encrypted.`, why: 'An address on this machine or in a private network is read as http.' };
  return { fact: `Read as ${address}.`, why: 'An address outside of private networks is read as https.' };
}

function isWeb(text: string): boolean {
  return /^https?:/i.test(text) && URL.canParse(text);
}

/** Whether a host, as URL writes it, is this machine or has an address of a private or a link-local network. */
function isPrivate(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === '[::1]') return true;
  if (host.startsWith('[')) return /^\[(?:f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/.test(host);
  const [, first, second] = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(host)?.map(Number) ?? [];
  if (first === undefined || second === undefined) return false;
  return first === 127 || first === 10 || (first === 192 && second === 168) || (first === 169 && second === 254) || (first === 172 && second >= 16 && second <= 31);
}

/** Two addresses with one base are one server to the gateway, which decides; this only tells a person before the key is asked for. */
function base(address: string): string {
  const { origin, pathname } = new URL(address);
  const path = pathname.replaceAll(/\/{2,}/g, '/').replace(/\/(chat\/completions|models)?\/?$/, '').replace(/\/$/, '');
  return `${origin}${/\/v\d+\w*$/.test(path) || path.endsWith('/openai') ? path : `${path}/v1`}`;
}
