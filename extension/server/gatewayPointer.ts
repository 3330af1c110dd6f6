import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { GatewayPointer } from '../../server/protocol/initialize.ts';

/** Reads where the running gateway listens; undefined when there is no readable, well-formed pointer file. */
export async function readGatewayPointer(folder: string): Promise<GatewayPointer | undefined> {
  try {
    return parseGatewayPointer(JSON.parse(await readFile(path.join(folder, 'gateway.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Checks what a pointer file holds. Written by hand, because the schema would bring a validator into what activation loads. */
export function parseGatewayPointer(value: unknown): GatewayPointer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startId, socket, build, protocol, token } = value as Record<string, unknown>;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || typeof protocol !== 'number') return undefined;
  if (typeof startId !== 'string' || typeof build !== 'string' || typeof token !== 'string') return undefined;
  if (typeof socket !== 'string' || !(path.isAbsolute(socket) || socket.startsWith('\\\\.\\pipe\\'))) return undefined;
  return { pid, startId, socket, build, protocol, token };
}
