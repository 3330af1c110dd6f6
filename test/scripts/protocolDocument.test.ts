import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { requestDefinitions } from '../../server/protocol/api.ts';

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly type?: string;
}
interface Method {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: Schema }[];
  readonly errors: readonly { readonly message: string }[];
  readonly 'x-anyOf'?: readonly { readonly required: readonly string[] }[];
}

const file = path.resolve(import.meta.dirname, '../../docs/protocol/openrpc.json');
const openrpc = JSON.parse(fs.readFileSync(file, 'utf8')) as { methods: readonly Method[]; components: { schemas: Record<string, Schema> } };
const methodOf = (name: string): Method => openrpc.methods.find((method) => method.name === name)!;

/** What a validator of the document says about a text; it knows what these schemas use, and ignores what stands beside a reference, as drafts before 2019 have it. */
function takesText(schema: Schema, text: string): boolean {
  if (schema.$ref !== undefined) return takesText(openrpc.components.schemas[schema.$ref.split('/').at(-1)!]!, text);
  const { allOf = [], pattern, minLength = 0, maxLength = Infinity } = schema;
  return allOf.every((each) => takesText(each, text)) && (pattern === undefined || new RegExp(pattern, 'u').test(text)) && text.length >= minLength && text.length <= maxLength;
}

const id = '00000000-0000-7000-8000-000000000001';
const addServer = { name: 'Mine', baseUrl: 'http://127.0.0.1:1234/v1' };
const createAgent = { agentId: id, name: 'Ada', soul: 'general' };
const send = { sessionId: id, messageId: id, text: 'Hello' };

describe('the protocol document and the gateway', () => {
  it.each([
    ...['x', 'x'.repeat(80), ' x ', 'Grüße 👋', 'שלום'].flatMap((name) => [['agents/create', createAgent, 'name', name, true], ['models/add', addServer, 'name', name, true]]),
    ...['', ' ', '\u00a0\u2003', 'x'.repeat(81), 'a\nb', 'a\u202eb', '\u0007'].flatMap((name) => [['agents/create', createAgent, 'name', name, false], ['models/add', addServer, 'name', name, false]]),
    ...['http://host', 'https://host:1/v1?a=b#c', 'HTTP://[::1]:8080/', 'http://host/a@b', ' http://host/v1 '].map((address) => ['models/add', addServer, 'baseUrl', address, true]),
    ...['ftp://host', 'host:1', 'http://u:p@host/v1', 'http://u@host', 'http://:p@host', 'http://', 'http:host', 'http:\\\\u@host', 'https://host\\@other'].map((address) => ['models/add', addServer, 'baseUrl', address, false]),
    ...['x', '\n x'].map((text) => ['chat/send', send, 'text', text, true]),
    ...['', ' \n\t', '\u3000'].map((text) => ['chat/send', send, 'text', text, false]),
  ] as [string, Record<string, unknown>, string, string, boolean][])('agree on %s %j with %s %j: %s', (method, params, name, value, isTaken) => {
    const schema = methodOf(method).params.find((param) => param.name === name)!.schema;
    expect(requestDefinitions.get(method)!.params.safeParse({ ...params, [name]: value }).success).toBe(isTaken);
    expect(takesText(schema, value)).toBe(isTaken);
  });

  it('agree that a stop names its turn or its message', () => {
    const stop = requestDefinitions.get('chat/stop')!.params;
    expect([{}, { turnId: id }, { messageId: id }].map((ids) => stop.safeParse({ sessionId: id, ...ids }).success)).toEqual([false, true, true]);
    expect(methodOf('chat/stop')['x-anyOf']).toEqual([{ required: ['turnId'] }, { required: ['messageId'] }]);
  });

  it('know the limit of subscriptions wherever one is made', () => {
    for (const method of openrpc.methods.filter(({ name }) => name.endsWith('/subscribe'))) expect(method.errors.map(({ message }) => message)).toContain('limit_exceeded');
  });

  it('set no bound beside a reference, where many validators do not look', () => {
    const beside: string[] = [];
    const look = (value: unknown, place: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (typeof (value as Schema).$ref === 'string' && Object.keys(value).length > 1) beside.push(place);
      for (const [key, inner] of Object.entries(value)) look(inner, `${place}/${key}`);
    };
    look(openrpc, '');
    expect(beside).toEqual([]);
  });
});
