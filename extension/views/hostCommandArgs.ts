import { hostCommands, isWebAddress, type CommandMessage, type HostCommand, type HostCommands } from '../../webviews/shared/relayMessages.ts';
import { isId } from '../ids.ts';

const MAX_LOG = 4_000;
const MAX_TITLE = 200;
/** What browsers take as an address. */
const MAX_HREF = 65_536;
const MAX_PATH = 4_096;

type Fields = Readonly<Record<string, unknown>>;
type Reader<C extends HostCommand> = (fields: Fields) => HostCommands[C] | undefined;

const nothing = (): Record<string, never> => ({});
const text = (value: unknown, max: number): value is string => typeof value === 'string' && value.length <= max;

/** How the arguments of each command are read; undefined refuses the message. */
const readers: { readonly [C in HostCommand]: Reader<C> } = {
  chooseAgent: nothing,
  createAgent: nothing,
  renameSession: ({ sessionId }) => (isId(sessionId) ? { sessionId } : undefined),
  restoreSession: ({ sessionId }) => (isId(sessionId) ? { sessionId } : undefined),
  changeModel: ({ agentId }) => (isId(agentId) ? { agentId } : undefined),
  enterKey: ({ agentId }) => (isId(agentId) ? { agentId } : undefined),
  openPolicy: ({ agentId }) => (isId(agentId) ? { agentId } : undefined),
  openText: (fields) => (text(fields['title'], MAX_TITLE) && typeof fields['text'] === 'string' ? { title: fields['title'], text: fields['text'] } : undefined),
  openFile: ({ agentId, path, line }) => (isId(agentId) && text(path, MAX_PATH) && path !== '' ? { agentId, path, ...(isLine(line) ? { line } : {}) } : undefined),
  openLink: ({ href }) => (text(href, MAX_HREF) && isWebLink(href) ? { href } : undefined),
  copyText: ({ text: words, copyId }) => (typeof words === 'string' && typeof copyId === 'number' && Number.isSafeInteger(copyId) ? { text: words, copyId } : undefined),
  showLogs: nothing,
  startGateway: nothing,
  restartGateway: nothing,
  checkSandboxes: nothing,
  manageTrust: nothing,
  reloadView: nothing,
  log: (fields) => readLog(fields['level'], fields['text']),
};

function isLine(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function readLog(level: unknown, line: unknown): HostCommands['log'] | undefined {
  if (level !== 'info' && level !== 'warn' && level !== 'error') return undefined;
  return text(line, MAX_LOG) ? { level, text: line } : undefined;
}

/** Whether a link leads to the web; nothing else is opened for a page that renders what a model wrote. */
export function isWebLink(href: string): boolean {
  return isWebAddress(href) && new URL(href).password === '';
}

/** Reads a command of a webview; undefined when its name or its arguments are not of the contract. */
export function readHostCommand(name: unknown, args: unknown): CommandMessage | undefined {
  const command = hostCommands.find((known) => known === name);
  if (command === undefined || typeof args !== 'object' || args === null || Array.isArray(args)) return undefined;
  const read = readers[command](args as Fields);
  return read === undefined ? undefined : ({ type: 'command', command, args: read } as CommandMessage);
}
