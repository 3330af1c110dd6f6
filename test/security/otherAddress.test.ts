import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const agent = '00000000-0000-7000-8000-00000000000e';
const port = 8765;
const name = `logos${process.pid % 100_000}`;
/** Ranges for documentation: the first of which this machine has no address. */
const ranges = ['198.51.100', '203.0.113', '192.0.2'];
const used = Object.values(os.networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
const range = ranges.find((prefix) => !used.some((address) => address.startsWith(`${prefix}.`)));
const near = `${range}.1`;
const far = `${range}.2`;

const ip = (...args: string[]): void => void execFileSync('/usr/sbin/ip', args, { stdio: 'pipe' });

/** A machine of the test's own, in a network namespace behind a pair of virtual cables. */
function whyNoOutside(): string | undefined {
  if (process.getuid?.() !== 0) return 'making a network namespace needs root';
  if (!fs.existsSync('/usr/sbin/ip')) return 'iproute2 is not installed';
  if (range === undefined) return 'every range for documentation is in use here';
  return whyNoSandbox();
}

const unavailable = whyNoOutside();

function canConnect(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 1000 });
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
    socket.once('timeout', () => { socket.destroy(); resolve(false); });
  });
}

describe('another address', () => {
  let listener: ChildProcess | undefined;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    ip('netns', 'add', name);
    ip('link', 'add', `${name}a`, 'type', 'veth', 'peer', 'name', `${name}b`, 'netns', name);
    ip('addr', 'add', `${near}/30`, 'dev', `${name}a`);
    ip('link', 'set', `${name}a`, 'up');
    ip('-n', name, 'addr', 'add', `${far}/30`, 'dev', `${name}b`);
    ip('-n', name, 'link', 'set', `${name}b`, 'up');
    listener = spawn('/usr/sbin/ip', ['netns', 'exec', name, process.execPath, '-e', `require('net').createServer((s) => s.on('error', () => 0).end('outside')).listen(${port}, '${far}')`], { stdio: 'ignore' });
    await vi.waitFor(async () => expect(await canConnect(far)).toBe(true), { timeout: 10_000 });
  });

  afterAll(async () => {
    if (unavailable !== undefined) return;
    const closed = listener === undefined || listener.exitCode !== null ? undefined : new Promise((resolve) => listener?.once('close', resolve));
    listener?.kill('SIGKILL');
    await closed;
    ip('link', 'del', `${name}a`);
    ip('netns', 'del', name);
  });

  for (const mode of hostModes) {
    it(`is reached from the machine and not from a sandbox, under a gateway that runs as ${mode}`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      const host = await SandboxHost.start(mode);
      try {
        await host.prepare(agent);
        const connect = `const socket = require('net').connect({ host: '${far}', port: ${port} }); return await new Promise((resolve, reject) => { socket.on('connect', () => resolve('escaped')); socket.on('error', reject); });`;
        const datagram = `const socket = require('dgram').createSocket('udp4'); return await new Promise((resolve, reject) => { socket.on('error', reject); socket.send('x', ${port}, '${far}', (error) => (error ? reject(error) : resolve('sent'))); });`;
        expect(await canConnect(far)).toBe(true);
        expect(await host.run(agent, connect)).toEqual({ error: 'ENETUNREACH' });
        expect(await host.run(agent, datagram)).toEqual({ error: 'ENETUNREACH' });
      } finally {
        await host.dispose();
      }
    });
  }
});
