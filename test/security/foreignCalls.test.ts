import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const agent = '00000000-0000-7000-8000-00000000000f';

/** A program of 64 bits that makes one system call the way programs of 32 bits do (`getpid` by int 0x80), then exits with 0. */
function foreignProgram(): Buffer {
  const code = Buffer.from([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05]);
  const header = Buffer.alloc(120);
  header.write('7f454c46020101', 0, 'hex');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(62, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(0x400078n, 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(5, 68);
  header.writeBigUInt64LE(0x400000n, 80);
  header.writeBigUInt64LE(0x400000n, 88);
  header.writeBigUInt64LE(BigInt(120 + code.length), 96);
  header.writeBigUInt64LE(BigInt(120 + code.length), 104);
  header.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([header, code]);
}

function whyNot(): string | undefined {
  if (process.arch !== 'x64') return 'the program is for x86_64';
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'logos-int80-')), 'int80');
  fs.writeFileSync(file, foreignProgram(), { mode: 0o755 });
  const { status } = spawnSync(file);
  fs.rmSync(path.dirname(file), { recursive: true });
  return status === 0 ? whyNoSandbox() : 'this kernel runs no system calls of 32 bits, in or out of a sandbox';
}

describe('a system call of a foreign architecture', () => {
  for (const mode of hostModes) {
    it(`kills the program that makes it, under a gateway that runs as ${mode}`, async (context) => {
      const reason = whyNot();
      if (reason !== undefined) return context.skip(reason);
      const host = await SandboxHost.start(mode);
      try {
        await host.prepare(agent);
        const body = `
          require('fs').writeFileSync('/sandbox/int80', Buffer.from('${foreignProgram().toString('hex')}', 'hex'), { mode: 0o755 });
          const { status, signal } = require('child_process').spawnSync('/sandbox/int80'); return { status, signal };`;
        expect(await host.run(agent, body)).toEqual({ value: { status: null, signal: 'SIGSYS' } });
      } finally {
        await host.dispose();
      }
    });
  }
});
