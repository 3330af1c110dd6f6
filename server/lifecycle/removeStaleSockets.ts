import fs from 'node:fs';
import path from 'node:path';

const ownSocket = /^(gateway|model)-[0-9a-f]{12}\.sock$/;

/** Removes the sockets of gateways that were killed. Only for the holder of the lock, before it makes its own: no other gateway lives then. */
export function removeStaleSockets(home: string): void {
  for (const entry of fs.readdirSync(home, { withFileTypes: true })) {
    if (entry.isSocket() && ownSocket.test(entry.name)) fs.rmSync(path.join(home, entry.name), { force: true });
  }
}
