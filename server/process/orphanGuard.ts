import type { Logger } from '../log/logger.ts';
import { markedName } from './ownerMark.ts';
import { spawnProcess, type SpawnedProcess } from './spawn.ts';

/**
 * Waits for the end of its input, which comes with the end of the gateway however that ended, and then ends what carries its mark.
 * It looks at least twice: one that died during the first look may have started another behind its back. Everything but `sleep`
 * is built into the shell.
 */
const script = `
while read -r line; do :; done
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  found=
  for file in /proc/[0-9]*/cmdline; do
    line=
    read -r line <"$file"
    case $line in
      "$1"* | "$2"*)
        pid=\${file#/proc/}
        kill -KILL "\${pid%/cmdline}"
        found=1
        ;;
    esac
  done
  [ "$round" = 1 ] || [ -n "$found" ] || exit 0
  sleep 0.05
done`;

/**
 * A small process that outlives this one for a moment and ends what it left. Bubblewrap ends its sandbox when its parent goes, but
 * not one that it has only begun to make: that waits for its word for ever.
 */
export class OrphanGuard {
  readonly #mark: string;
  readonly #log: Logger;
  #starting: Promise<SpawnedProcess | undefined> | undefined;
  #isDisposed = false;

  constructor(mark: string, log: Logger) {
    this.#mark = mark;
    this.#log = log;
  }

  /** Resolves when it waits. Where it cannot start, which is logged, the next start of a gateway ends what is left. */
  async ensure(): Promise<void> {
    this.#starting ??= this.#start();
    await this.#starting;
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const guard = await this.#starting;
    guard?.stdin.end();
    await guard?.exited;
  }

  async #start(): Promise<SpawnedProcess | undefined> {
    const names = [markedName('bwrap', this.#mark), markedName('node', this.#mark)];
    try {
      // A session of its own: what ends the gateway's group at once leaves it.
      const guard = await spawnProcess('/bin/sh', ['-c', script, 'logos-guard', ...names], { env: { PATH: '/usr/bin:/bin' }, stdio: ['pipe', 'ignore', 'ignore'], isDetached: true });
      void guard.exited.then(() => {
        if (!this.#isDisposed) this.#starting = undefined;
      });
      return guard;
    } catch (error) {
      this.#log.warn(`The process that ends sandboxes after a sudden end of the gateway did not start: ${String(error)}`);
      return undefined;
    }
  }
}
