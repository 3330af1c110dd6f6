import { describe, expect, it } from 'vitest';
import { assumedWords, checkAddress, readAddress } from '../../../extension/commands/modelAddress.ts';
import { normaliseBaseUrl } from '../../../server/inference/baseUrl.ts';

describe('the address of a model server', () => {
  it.each([
    'localhost:1234', 'LOCALHOST:1234/v1', 'models.localhost', '127.0.0.1:8080', '127.9.9.9', '10.0.0.7:8000', '172.16.0.1', '172.31.255.255',
    '192.168.1.5:8080/v1', '169.254.1.1', '[::1]:1234', '[fd12:3456::1]:8080', '[fe80::1]', '0x7f.1',
  ])('without a scheme is http on this machine and in private networks: %s', (text) => {
    expect(readAddress(text)).toEqual({ baseUrl: `http://${text}`, isAssumed: true });
  });

  it.each(['api.example.com/v1', 'example.com:8443', '8.8.8.8', '172.15.0.1', '172.32.0.1', '192.169.1.1', '11.0.0.1', 'localhost.example.com', '10.0.0.1.example.com', '[2001:db8::1]:80', '[fec0::1]'])(
    'without a scheme is https everywhere else, so that a key is not sent in the clear: %s',
    (text) => expect(readAddress(text)).toEqual({ baseUrl: `https://${text}`, isAssumed: true }),
  );

  it.each(['http://api.example.com/v1', 'https://localhost:1', 'HTTP://host'])('with a scheme is taken as it is written: %s', (text) => {
    expect(readAddress(` ${text} `)).toEqual({ baseUrl: text, isAssumed: false });
  });

  it.each(['', '   ', '/', '//host/v1', 'http://', 'ftp://host', 'file:///etc/passwd', 'two words', 'mailto:somebody', 'host:99999', '?x', '#x', 'a\\b'])('is asked for again where a text is none: %j', (text) => {
    expect(checkAddress(text, [])).toBe('Write an address such as localhost:1234, or one that begins with http:// or https://.');
  });

  it.each(['me@localhost:1', 'me:secret@host', 'https://me:secret@host/v1'])('has no user in it: %s', (text) => {
    expect(checkAddress(text, [])).toBe('Write the address without a user; the key is asked for after it.');
  });

  it.each(['study:1/v1', 'https://study:1', 'https://STUDY:1/v1/', 'https://study:1/v1/models', 'https://study:1/v1//chat/completions/'])('is named as taken in each way to write it, as the gateway would: %s', (text) => {
    const baseUrl = normaliseBaseUrl('https://study:1');
    expect(normaliseBaseUrl(readAddress(text)?.baseUrl ?? '')).toBe(baseUrl);
    expect(checkAddress(text, [{ name: 'Study', baseUrl }])).toBe('Study has this address already; change it with Edit Model Server, or write another address.');
  });

  it.each(['http://study:1', 'https://study:2', 'https://study:1/v2', 'https://study:1/openai', 'https://study:1/other'])('is free where the gateway would tell the two apart: %s', (text) => {
    const baseUrl = normaliseBaseUrl('https://study:1');
    expect(normaliseBaseUrl(text)).not.toBe(baseUrl);
    expect(checkAddress(text, [{ name: 'Study', baseUrl }])).toBeUndefined();
  });

  it('says what was made of it where its scheme was left out, and nothing where it was written', () => {
    const words = (text: string) => assumedWords(readAddress(text) ?? { baseUrl: '', isAssumed: false });
    expect(words('localhost:1234')).toEqual({ fact: 'Read as http://localhost:1234, not encrypted.', why: 'An address on this machine or in a private network is read as http.' });
    expect(words('api.example.com')).toEqual({ fact: 'Read as https://api.example.com.', why: 'An address outside of private networks is read as https.' });
    expect(words('http://localhost:1234')).toEqual({ fact: '', why: '' });
  });
});
