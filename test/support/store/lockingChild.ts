// Tries for the lock of a directory, says `held` or `refused`, and keeps what it has until its stdin ends.
import { acquireLock } from '../../../server/store/lock.ts';

const lock = await acquireLock(process.argv[2] ?? '');
process.stdout.write(lock === undefined ? 'refused\n' : 'held\n');
process.stdin.resume().on('end', () => process.exit(0));
