/** What every server takes for the name of a tool. */
const sendable = /^[a-zA-Z0-9_-]{1,64}$/;
/** Control tokens of chat templates, and tags that models write around a call. */
const controlToken = /<[|｜][^<>]{0,60}[|｜]>|<\/?[a-z_:]{1,40}[=>]|>/gu;
/** Namespaces that models put before a name, and the count that some put behind it. */
const decoration = /^(?:to=)?(?:functions?|tools?|default_api)[.:/]|:\d+$/g;

/** The known tool that a name means: itself, or what is left of it without control tokens, namespace and quotes; undefined when that is none. */
export function meantTool(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return name;
  const pieces = name.slice(0, 1_000).split(controlToken).flatMap((piece) => piece.trim().split(/\s+/));
  return pieces.map((piece) => piece.replaceAll(/^["'`]+|["'`(),;]+$/g, '').replaceAll(decoration, '')).find((piece) => known.includes(piece));
}

/** The name in a form that every server takes: one that it is not is told with underscores for what may not stand in it. */
export function sendableName(name: string): string {
  if (sendable.test(name)) return name;
  const plain = name.slice(0, 1_000).replaceAll(controlToken, ' ').trim().replaceAll(/[^a-zA-Z0-9_-]+/g, '_').slice(0, 64);
  return plain === '' ? 'unnamed' : plain;
}
