// Sends one message to the first agent, headless, and prints the answer as it streams: `node scripts/say.mjs "text"`.
// The answer goes to stdout; thinking, tools and what is being waited for go to stderr.
import { GatewayClient, makeId } from './gatewayClient.mjs';
import { terminalText } from './terminalText.mjs';

const dim = (text) => (process.stderr.isTTY ? `\u001b[2m${text}\u001b[22m` : text);
const note = (text) => process.stderr.write(`${dim(terminalText(text))}\n`);

/** Shows the events of one turn and tells how it ended. */
class TurnPrinter {
  #lastPhase;
  #textLength = 0;
  #resolve;
  #turnId;
  #early = [];
  /** Resolves with the event that ended the turn. */
  ended = new Promise((resolve) => {
    this.#resolve = resolve;
  });

  /** Events that came before the turn's id was known are shown then. */
  follow(turnId) {
    this.#turnId = turnId;
    for (const params of this.#early.splice(0)) this.show(params);
  }

  show(params) {
    if (this.#turnId === undefined) {
      this.#early.push(params);
      return;
    }
    if (params.turnId !== this.#turnId) return;
    const { event } = params;
    if (event.kind === 'turn.status') this.#showStatus(event);
    else if (event.kind === 'part.delta') this.#showDelta(event);
    else if (event.kind === 'tool.started') note(`[${event.tool}] ${event.title}`);
    else if (event.kind === 'message.completed' && event.message.role === 'assistant') this.#showRest(event.message);
    else if (event.kind === 'turn.ended') this.#resolve(event);
  }

  #showStatus({ phase, text }) {
    const line = text ? `${phase}: ${text}` : phase;
    if (line !== this.#lastPhase) note(`(${line})`);
    this.#lastPhase = line;
  }

  #showDelta({ part, text }) {
    if (part !== 'text') {
      process.stderr.write(dim(terminalText(text)));
      return;
    }
    this.#textLength += text.length;
    process.stdout.write(terminalText(text));
  }

  /** The completed message stands for deltas that were folded into it. */
  #showRest(message) {
    const text = message.parts.filter((part) => part.kind === 'text').map((part) => part.text).join('');
    if (text.length > this.#textLength) process.stdout.write(terminalText(text.slice(this.#textLength)));
    this.#textLength = Math.max(this.#textLength, text.length);
    process.stdout.write('\n');
  }

  get hasText() {
    return this.#textLength > 0;
  }
}

/**
 * Runs one message through the whole road.
 * @param {string} text
 * @param {{server?: string}} options `server` is the gateway's program, for a test with another one
 * @returns {Promise<boolean>} whether a final answer came
 */
export async function sayToFirstAgent(text, options = {}) {
  const printer = new TurnPrinter();
  const client = new GatewayClient({ ...options, onEvent: (method, params) => method === 'sessions/event' && printer.show(params) });
  try {
    const { serverInfo } = await client.initialize('logos-say');
    note(`(gateway ${serverInfo.version})`);
    const agent = (await client.request('agents/list', { limit: 1 })).items[0];
    if (!agent) throw new Error('There is no agent to talk to; create one in VS Code first.');
    note(`(agent ${agent.name})`);
    const sessionId = makeId();
    await client.request('sessions/create', { sessionId, agentId: agent.id });
    await client.request('sessions/subscribe', { subscriptionId: makeId(), sessionId });
    const { turnId } = await client.request('chat/send', { sessionId, messageId: makeId(), text });
    printer.follow(turnId);
    const stop = () => void client.request('chat/stop', { sessionId, turnId }).catch(() => {});
    process.on('SIGINT', stop);
    const end = await Promise.race([printer.ended, client.ended.then((reason) => Promise.reject(new Error(reason)))]);
    process.off('SIGINT', stop);
    if (end.error) note(`${end.error.message} ${end.error.hint ?? ''}`);
    note(`(turn ${end.outcome})`);
    return end.outcome === 'completed' && printer.hasText;
  } finally {
    await client.close();
  }
}

if (process.argv[1] === import.meta.filename) {
  try {
    const text = process.argv.slice(2).join(' ');
    if (!text) throw new Error('usage: npm start -- --say "text"');
    process.exitCode = (await sayToFirstAgent(text, process.env.LOGOS_SERVER ? { server: process.env.LOGOS_SERVER } : {})) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`say: ${terminalText(error.message)}\n`);
    process.exitCode = 1;
  }
}
