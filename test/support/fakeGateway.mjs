// A gateway for tests of clients: answers `--stdio` in the real framing, one agent, one session, and plays a turn from the
// JSON list of events in FAKE_TURN. Frames are cut into single bytes, which a client must bear.
const events = JSON.parse(process.env.FAKE_TURN ?? '[]');
const turnId = '00000000-0000-7000-8000-0000000000aa';
let subscription;
let buffer = Buffer.alloc(0);

function write(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  for (const byte of Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body])) process.stdout.write(Buffer.of(byte));
}

function playTurn(sessionId) {
  events.forEach((event, index) => {
    const params = { ...subscription, sessionId, seq: index + 1, prev: index, at: 0, turnId, event };
    write({ method: 'sessions/event', params });
  });
}

const answers = {
  initialize: () => ({ serverInfo: { name: 'fake', version: '1' }, capabilities: {} }),
  'agents/list': () => ({ items: [{ id: '00000000-0000-7000-8000-000000000001', name: 'Fake' }] }),
  'sessions/create': ({ sessionId }) => ({ id: sessionId }),
  'sessions/subscribe': ({ subscriptionId }) => {
    subscription = { subscriptionId };
    return { resumed: false };
  },
  'chat/send': () => ({ turnId, seq: 1 }),
  shutdown: () => null,
};

function answer({ id, method, params }) {
  if (method === 'exit') process.exit(0);
  if (id === undefined) return;
  const handler = answers[method];
  if (!handler) {
    write({ id, error: { code: -32601, message: `no ${method}`, data: { class: 'unknown_method', cause: 'unknown_method', hint: '', retryable: false } } });
    return;
  }
  write({ id, result: handler(params) });
  if (method === 'chat/send') playTurn(params.sessionId);
}

process.stdin.on('data', (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/.exec(buffer.toString('latin1', 0, end))[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.toString('utf8', end + 4, end + 4 + length));
    buffer = buffer.subarray(end + 4 + length);
    answer(message);
  }
});
