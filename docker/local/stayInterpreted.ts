import { setFlagsFromString } from 'node:v8';

/**
 * Compiles no more functions to machine code; regular expressions still are. A worker does little and does it seldom, and when many stream at
 * once their compilers would all warm up in the same moment. Call it once all is loaded: as arguments of Node these flags would make it
 * refuse the compiled code that it carries with it, and start a third more slowly.
 */
export function stayInterpreted(): void {
  for (const flag of ['--no-opt', '--no-maglev', '--no-sparkplug']) setFlagsFromString(flag);
}
