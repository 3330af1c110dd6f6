/** File systems whose locks do not reliably reach other machines, or are not kept when a connection breaks. */
const networkTypes: ReadonlySet<string> = new Set([
  'nfs',
  'nfs3',
  'nfs4',
  'cifs',
  'smb2',
  'smb3',
  'smbfs',
  'ncpfs',
  'afs',
  'coda',
  'ceph',
  'lustre',
  'gfs2',
  'ocfs2',
  'davfs',
  'glusterfs',
  'beegfs',
]);
const networkFuse =
  /^fuse\.(sshfs|rclone|davfs2?|s3fs|gcsfuse|glusterfs|ceph.*|juicefs|gvfsd-fuse|curlftpfs|smbnetfs|onedriver|google-drive.*)$/;

/** Whether a type of file system, as the kernel names it, lives on another machine. */
export const isNetworkType = (type: string): boolean => networkTypes.has(type) || networkFuse.test(type);

/** The type of file system that holds an absolute real path, from the text of `/proc/self/mountinfo`; undefined when no mount holds it. */
export function fileSystemTypeOf(mountinfo: string, realPath: string): string | undefined {
  let best: { point: string; type: string } | undefined;
  for (const line of mountinfo.split('\n')) {
    const [mount, source] = line.split(' - ');
    const point = unescapeOctal(mount?.split(' ')[4] ?? '');
    const type = source?.split(' ')[0];
    if (point === '' || type === undefined || !holds(point, realPath)) continue;
    // A later mount on the same point covers the earlier one.
    if (best === undefined || point.length >= best.point.length) best = { point, type };
  }
  return best?.type;
}

const holds = (point: string, file: string): boolean => point === '/' || file === point || file.startsWith(`${point}/`);

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
