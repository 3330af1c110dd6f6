/** Processor architectures, by Node's names, for which a filter exists. */
export type FilterArch = 'x64' | 'arm64';

/** Numbers of a system call on x86_64 and on aarch64; null where it does not exist. */
type Numbers = readonly [x64: number | null, arm64: number | null];

/** A call whose number is the same everywhere: all that came after 2019. */
const same = (number: number): Numbers => [number, number];

/** Calls that a task has no use for and that reach the kernel's rarely walked parts, or out of the sandbox: answered EPERM. */
export const forbidden: Readonly<Record<string, Numbers>> = {
  // Other processes.
  kcmp: [312, 272],
  pidfd_getfd: same(438),
  process_madvise: same(440),
  // Mounts and namespaces.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: same(428),
  move_mount: same(429),
  fsopen: same(430),
  fsconfig: same(431),
  fsmount: same(432),
  fspick: same(433),
  mount_setattr: same(442),
  open_tree_attr: same(467),
  unshare: [272, 97],
  setns: [308, 268],
  // Files by handle, file system events, quotas.
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  quotactl: [179, 60],
  quotactl_fd: same(443),
  memfd_secret: same(447),
  // It pins pages in a pipe after the process that had them let them go.
  vmsplice: [278, 75],
  // Programs and hooks in the kernel.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  create_module: [174, null],
  get_kernel_syms: [177, null],
  query_module: [178, null],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  // The machine itself.
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  vhangup: [153, 58],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  personality: [135, 92],
  // Memory placement on other nodes.
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  set_mempolicy_home_node: same(450),
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  // Left over from older kernels.
  uselib: [134, null],
  ustat: [136, null],
  sysfs: [139, null],
  _sysctl: [156, null],
  nfsservctl: [180, 42],
  lookup_dcookie: [212, 18],
};

/** Calls answered ENOSYS, so that programs take their older way: the arguments of most lie in memory, where a filter cannot look. */
export const absent: Readonly<Record<string, Numbers>> = {
  clone3: same(435),
  openat2: same(437),
  // It makes calls that no filter sees, as engines of containers say too.
  io_uring_setup: same(425),
  io_uring_enter: same(426),
  io_uring_register: same(427),
};

/** Calls that are allowed or not by their arguments. */
export const inspected = {
  clone: [56, 220],
  socket: [41, 198],
  socketpair: [53, 199],
  ioctl: [16, 29],
  mknod: [133, null],
  mknodat: [259, 33],
  chmod: [90, null],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  fchmodat2: same(452),
  open: [2, null],
  openat: [257, 56],
  creat: [85, null],
  shmget: [29, 194],
  semget: [64, 190],
  fallocate: [285, 47],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
} as const satisfies Readonly<Record<string, Numbers>>;

/** The number of a call on an architecture. */
export function numberOn(arch: FilterArch, numbers: Numbers): number | null {
  return arch === 'x64' ? numbers[0] : numbers[1];
}
