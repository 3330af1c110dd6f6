import { AppError } from '../base/appError.ts';

/** Brings an address that a person gave to the form that requests are built on: no slash at the end, and a version such as `/v1`. */
export function normaliseBaseUrl(given: string): string {
  const url = URL.canParse(given.trim()) ? new URL(given.trim()) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw badAddress('not_http', 'Give an address that begins with http:// or https://.');
  if (url.username !== '' || url.password !== '') throw badAddress('credentials', 'Give the key as the key, not inside the address.');
  const path = url.pathname.replaceAll(/\/{2,}/g, '/').replace(/\/(chat\/completions|models)?\/?$/, '').replace(/\/$/, '');
  const isVersioned = /\/v\d+\w*$/.test(path) || path.endsWith('/openai');
  return `${url.origin}${isVersioned ? path : `${path}/v1`}`;
}

function badAddress(reason: string, hint: string): AppError {
  return new AppError('invalid_params', 'The address of the model server cannot be used.', { reason, hint, details: { path: 'baseUrl' } });
}
