/** The address of a link that may be opened outside: http and https alone, as written; else undefined. */
export function safeLink(href: string): string | undefined {
  try {
    const { protocol } = new URL(href);
    return protocol === 'https:' || protocol === 'http:' ? href : undefined;
  } catch {
    return undefined;
  }
}
