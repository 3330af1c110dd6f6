import { describe, expect, it } from 'vitest';
import { buildSeccompFilter } from '../../../../server/sandboxes/bubblewrap/seccompFilter.ts';
import { absent, forbidden, inspected, numberOn, type FilterArch } from '../../../../server/sandboxes/bubblewrap/syscalls.ts';

const audit = { x64: 0xc000003e, arm64: 0xc00000b7, x86: 0x40000003 };
const verdicts = new Map([[0x7fff0000, 'allow'], [0x80000000, 'kill'], [0x00050001, 'EPERM'], [0x00050026, 'ENOSYS'], [0x0005005f, 'EOPNOTSUPP'], [0x00050061, 'EAFNOSUPPORT']]);

/** Calls of real programs: programs that confine themselves, databases, service managers. */
const harmless: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  memfd_create: [319, 279],
  landlock_create_ruleset: [444, 444],
  landlock_add_rule: [445, 445],
  landlock_restrict_self: [446, 446],
  io_setup: [206, 0],
  io_submit: [209, 2],
  prctl: [157, 167],
};

/** Runs a filter as the kernel does, on one call. */
function judge(filter: Buffer, call: { arch: number; number: number; args?: number[] }): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number >>> 0, 0);
  data.writeUInt32LE(call.arch, 4);
  for (const [index, value] of (call.args ?? []).entries()) data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + index * 8);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at += 1) {
    const code = filter.readUInt16LE(at * 8);
    const operand = filter.readUInt32LE(at * 8 + 4);
    const jump = (isTrue: boolean): void => void (at += filter.readUInt8(at * 8 + (isTrue ? 2 : 3)));
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x54) accumulator = (accumulator & operand) >>> 0;
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x35) jump(accumulator >= operand);
    else if (code === 0x45) jump((accumulator & operand) !== 0);
    else if (code === 0x06) return verdicts.get(operand) ?? `unknown ${operand}`;
    else throw new Error(`Unknown instruction ${code}.`);
  }
  throw new Error('The filter ended without a verdict.');
}

describe.each(['x64', 'arm64'] as const)('the filter for %s', (arch: FilterArch) => {
  const filter = buildSeccompFilter(arch);
  const call = (name: keyof typeof inspected, ...args: number[]): string => {
    const number = numberOn(arch, inspected[name]);
    return number === null ? 'none' : judge(filter, { arch: audit[arch], number, args });
  };

  it('fits the kernel: at most 4096 instructions', () => {
    expect(filter.length / 8).toBeLessThan(4096);
    expect(filter.length % 8).toBe(0);
  });

  it('kills calls of every other architecture', () => {
    for (const other of Object.values(audit)) if (other !== audit[arch]) expect(judge(filter, { arch: other, number: 0 })).toBe('kill');
  });

  it.each(Object.entries(forbidden))('refuses %s', (_name, numbers) => {
    const number = numberOn(arch, numbers);
    if (number !== null) expect(judge(filter, { arch: audit[arch], number })).toBe('EPERM');
  });

  it.each(Object.entries(absent))('does not know %s', (_name, numbers) => {
    const number = numberOn(arch, numbers);
    if (number !== null) expect(judge(filter, { arch: audit[arch], number })).toBe('ENOSYS');
  });

  it('lets small segments of shared memory through, and no large one', () => {
    for (const bytes of [1, 65_536]) expect(call('shmget', 0, bytes)).toBe('allow');
    for (const bytes of [65_537, 2 ** 32 - 1, 2 ** 32, 2 ** 33 + 1]) expect(call('shmget', 0, bytes)).toBe('EPERM');
  });

  it('lets small sets of semaphores through, and no large one', () => {
    for (const count of [0, 1, 32]) expect(call('semget', 0, count)).toBe('allow');
    for (const count of [33, 32_000, 2 ** 32 - 1]) expect(call('semget', 0, count)).toBe('EPERM');
  });

  it('lets threads and forks through, and no namespace', () => {
    expect(call('clone', 0x003d0f00)).toBe('allow');
    expect(call('clone', 17)).toBe('allow');
    for (const flag of [0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]) expect(call('clone', flag | 17)).toBe('EPERM');
  });

  it('lets no file take room before it is written, whichever call asks for it, and lets files give room back', () => {
    for (const mode of [0, 1, 0x10, 0x11, 0x20, 0x40]) expect(call('fallocate', 3, mode)).toBe('EOPNOTSUPP');
    expect(call('fallocate', 3, 3)).toBe('allow');
    for (const command of [0x40305828, 0x4030582a, 0x40305839, 0x4030580a, 0x40305824]) {
      expect(call('ioctl', 3, command)).toBe('EOPNOTSUPP');
      expect(call('ioctl', 3, command + 2 ** 32)).toBe('EOPNOTSUPP');
    }
  });

  it('lets debuggers at every process but the first', () => {
    for (const request of [0, 16, 0x4206]) {
      expect(call('ptrace', request, 7)).toBe('allow');
      expect(call('ptrace', request, 1)).toBe('EPERM');
      expect(call('ptrace', request, 1 + 2 ** 32)).toBe('EPERM');
    }
    for (const name of ['process_vm_readv', 'process_vm_writev'] as const) expect([call(name, 7), call(name, 1)]).toEqual(['allow', 'EPERM']);
  });

  it.each(Object.entries(harmless))('lets through %s', (_name, [x64, arm64]) => {
    expect(judge(filter, { arch: audit[arch], number: arch === 'x64' ? x64 : arm64 })).toBe('allow');
  });

  it('lets through only unix, internet and route sockets', () => {
    for (const family of [1, 2, 10]) expect(call('socket', family, 1, 0)).toBe('allow');
    expect(call('socket', 16, 3, 0)).toBe('allow');
    expect(call('socket', 16, 3, 15)).toBe('EAFNOSUPPORT');
    for (let family = 0; family < 64; family += 1) if (![1, 2, 10, 16].includes(family)) expect(call('socket', family, 1, 0)).toBe('EAFNOSUPPORT');
    expect(call('socketpair', 1)).toBe('allow');
    expect(call('socketpair', 2)).toBe('EAFNOSUPPORT');
  });

  it('refuses to take over terminals, and the upper half of a command changes nothing', () => {
    for (const command of [0x5412, 0x541c, 0x541d, 0x5423]) {
      expect(call('ioctl', 0, command)).toBe('EPERM');
      expect(call('ioctl', 0, command + 2 ** 32)).toBe('EPERM');
    }
    expect(call('ioctl', 0, 0x5401)).toBe('allow');
  });

  it('refuses files that run as their owner however they get their mode, and lets groups and plain modes through', () => {
    const setters = [['chmod', [0]], ['fchmod', [0]], ['fchmodat', [0, 0]], ['fchmodat2', [0, 0]], ['creat', [0]], ['open', [0, 0x40]], ['openat', [0, 0, 0x40]], ['openat', [0, 0, 0x400000]], ['mknod', [0]], ['mknodat', [0, 0]]] as const;
    for (const [name, before] of setters) {
      for (const bits of [0o4000, 0o4755, 0o6755]) expect(['EPERM', 'none']).toContain(call(name, ...before, bits));
      for (const bits of [0o755, 0o2000, 0o2775, 0o3755]) expect(['allow', 'none']).toContain(call(name, ...before, bits));
    }
  });

  it('does not look at the mode of an open that creates nothing', () => {
    expect(call('openat', 0, 0, 0, 0o6755)).toBe('allow');
  });

  it('refuses device nodes and lets pipes through', () => {
    for (const type of [0o020000, 0o060000]) expect(call('mknodat', 0, 0, type | 0o600)).toBe('EPERM');
    for (const type of [0o010000, 0o100000, 0o140000]) expect(call('mknodat', 0, 0, type | 0o600)).toBe('allow');
  });

  it('lets ordinary calls through', () => {
    for (const number of arch === 'x64' ? [0, 1, 9, 59, 202, 231, 257 + 200] : [63, 64, 222, 221, 98, 94]) expect(judge(filter, { arch: audit[arch], number, args: [0, 0, 0] })).toBe('allow');
  });
});

it('does not know the x32 form of any call', () => {
  expect(judge(buildSeccompFilter('x64'), { arch: audit.x64, number: 0x40000000 + 39 })).toBe('ENOSYS');
});
