import { constants } from 'node:os';
import { absent, forbidden, inspected, numberOn, type FilterArch } from './syscalls.ts';

/** One instruction of classic BPF: code, jumps, operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const loadWord = 0x20;
const jumpEqual = 0x15;
const jumpAtLeast = 0x35;
const jumpAnyBit = 0x45;
const andWith = 0x54;
const giveBack = 0x06;

const allow = 0x7fff0000;
const killProcess = 0x80000000;
const fail = (errno: number): number => 0x00050000 + errno;

const { EPERM, EAFNOSUPPORT, ENOSYS, EOPNOTSUPP } = constants.errno;

/** Offsets in `struct seccomp_data`; of an argument the low half, both architectures are little-endian. */
const numberOffset = 0;
const archOffset = 4;
const argument = (index: number): number => 16 + 8 * index;

const auditArch: Readonly<Record<FilterArch, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const x32Bit = 0x40000000;
const newNamespaces = 0x7e020000;
const family = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
const netlinkRoute = 0;
/** TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD: they type into a terminal, or change what it is. */
const terminalTakeovers = [0x5412, 0x541c, 0x541d, 0x5423];
/**
 * FALLOC_FL_PUNCH_HOLE gives room back; every other mode takes it, twenty gigabytes in half a second, before anybody can look how
 * full the disk is. Programs know the answer of a file system without it, and write.
 */
const punchHole = 2;
/** FS_IOC_RESVSP, FS_IOC_RESVSP64, FS_IOC_ZERO_RANGE and the older XFS_IOC_ALLOCSP, XFS_IOC_ALLOCSP64: the same by another way. */
const reservations = [0x40305828, 0x4030582a, 0x40305839, 0x4030580a, 0x40305824];
/** The bit of the group is let through: folders that a group shares need it, and a file can only get a group that its owner is in. */
const setUserBit = 0o4000;
const fileTypeMask = 0o170000;
const deviceTypes = [0o020000, 0o060000];
/** O_CREAT and O_TMPFILE: only with them does `open` read its mode. */
const createsFile = 0x40 | 0x400000;

/** A segment that nobody has attached is counted to nobody: small ones are enough for what still uses them, and their number is limited. */
const maxSegmentBytes = 65_536;
/** Semaphores of one set: the kernel counts them to nobody, and allows a billion. */
const maxSemaphores = 32;

const load = (offset: number): Instruction => [loadWord, 0, 0, offset];
const end = (verdict: number): Instruction => [giveBack, 0, 0, verdict];
const when = (code: number, operand: number, verdict: number): Instruction[] => [[code, 0, 1, operand], end(verdict)];

/** The body runs when the number is that of the call, and must end every path. */
function onCall(number: number | null, body: readonly Instruction[]): Instruction[] {
  return number === null ? [] : [[jumpEqual, 0, body.length, number], ...body];
}

const refuseSetUser = (modeArgument: number): Instruction[] => [
  load(argument(modeArgument)),
  ...when(jumpAnyBit, setUserBit, fail(EPERM)),
  end(allow),
];

function refuseSetUserWhenCreating(flagsArgument: number, modeArgument: number): Instruction[] {
  const mode = refuseSetUser(modeArgument);
  return [load(argument(flagsArgument)), [jumpAnyBit, 0, mode.length, createsFile], ...mode, end(allow)];
}

const refuseDevices = (modeArgument: number): Instruction[] => [
  load(argument(modeArgument)),
  ...when(jumpAnyBit, setUserBit, fail(EPERM)),
  [andWith, 0, 0, fileTypeMask],
  ...deviceTypes.flatMap((type) => when(jumpEqual, type, fail(EPERM))),
  end(allow),
];

/** Both halves of the size are looked at. */
const onlySmallSegments: readonly Instruction[] = [
  load(argument(1) + 4),
  [jumpAtLeast, 0, 1, 1],
  end(fail(EPERM)),
  load(argument(1)),
  ...when(jumpAtLeast, maxSegmentBytes + 1, fail(EPERM)),
  end(allow),
];

const onlySmallSets: readonly Instruction[] = [load(argument(1)), ...when(jumpAtLeast, maxSemaphores + 1, fail(EPERM)), end(allow)];

const onlyHarmlessCommands: readonly Instruction[] = [
  load(argument(1)),
  ...terminalTakeovers.flatMap((command) => when(jumpEqual, command, fail(EPERM))),
  ...reservations.flatMap((command) => when(jumpEqual, command, fail(EOPNOTSUPP))),
  end(allow),
];

/** Debuggers reach the processes of the task alone; but not its first, which ends the others and tells of their end. */
const refuseFirstProcess = (pidArgument: number): Instruction[] => [
  load(argument(pidArgument)),
  ...when(jumpEqual, 1, fail(EPERM)),
  end(allow),
];

const onlyFamilies: readonly Instruction[] = [
  load(argument(0)),
  ...[family.unix, family.inet, family.inet6].flatMap((number) => when(jumpEqual, number, allow)),
  [jumpEqual, 0, 3, family.netlink],
  load(argument(2)),
  ...when(jumpEqual, netlinkRoute, allow),
  end(fail(EAFNOSUPPORT)),
];

/**
 * The filter of system calls of a task, as raw `struct sock_filter[]` for `bwrap --seccomp`. Kills a call of a foreign
 * architecture; everything that is not named in `syscalls.ts` is allowed, because namespaces and ids hold the rest.
 */
export function buildSeccompFilter(arch: FilterArch): Buffer {
  const numberOf = (numbers: readonly [number | null, number | null]): number | null => numberOn(arch, numbers);
  const program: Instruction[] = [
    load(archOffset),
    [jumpEqual, 1, 0, auditArch[arch]],
    end(killProcess),
    load(numberOffset),
    ...(arch === 'x64' ? when(jumpAtLeast, x32Bit, fail(ENOSYS)) : []),
    ...Object.values(forbidden).flatMap((numbers) => onCall(numberOf(numbers), [end(fail(EPERM))])),
    ...Object.values(absent).flatMap((numbers) => onCall(numberOf(numbers), [end(fail(ENOSYS))])),
    ...onCall(numberOf(inspected.clone), [load(argument(0)), ...when(jumpAnyBit, newNamespaces, fail(EPERM)), end(allow)]),
    ...onCall(numberOf(inspected.socket), onlyFamilies),
    ...onCall(numberOf(inspected.socketpair), [load(argument(0)), ...when(jumpEqual, family.unix, allow), end(fail(EAFNOSUPPORT))]),
    ...onCall(numberOf(inspected.ioctl), onlyHarmlessCommands),
    ...onCall(numberOf(inspected.fallocate), [load(argument(1)), ...when(jumpAnyBit, punchHole, allow), end(fail(EOPNOTSUPP))]),
    ...onCall(numberOf(inspected.ptrace), refuseFirstProcess(1)),
    ...onCall(numberOf(inspected.process_vm_readv), refuseFirstProcess(0)),
    ...onCall(numberOf(inspected.process_vm_writev), refuseFirstProcess(0)),
    ...onCall(numberOf(inspected.shmget), onlySmallSegments),
    ...onCall(numberOf(inspected.semget), onlySmallSets),
    ...onCall(numberOf(inspected.mknod), refuseDevices(1)),
    ...onCall(numberOf(inspected.mknodat), refuseDevices(2)),
    ...onCall(numberOf(inspected.chmod), refuseSetUser(1)),
    ...onCall(numberOf(inspected.fchmod), refuseSetUser(1)),
    ...onCall(numberOf(inspected.fchmodat), refuseSetUser(2)),
    ...onCall(numberOf(inspected.fchmodat2), refuseSetUser(2)),
    ...onCall(numberOf(inspected.creat), refuseSetUser(1)),
    ...onCall(numberOf(inspected.open), refuseSetUserWhenCreating(1, 2)),
    ...onCall(numberOf(inspected.openat), refuseSetUserWhenCreating(2, 3)),
    end(allow),
  ];
  return encode(program);
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  }
  return bytes;
}
