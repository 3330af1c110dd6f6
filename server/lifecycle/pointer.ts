import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { GatewayPointer } from '../protocol/initialize.ts';

/** A fresh secret that a client must present. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Reads the pointer file; undefined when there is none or it is not one. */
export function readPointer(file: string): GatewayPointer | undefined {
  try {
    const parsed = GatewayPointer.safeParse(JSON.parse(fs.readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the pointer file as a whole; only its owner may read it. */
export function writePointer(file: string, pointer: GatewayPointer): void {
  writePrivately(file, `${JSON.stringify(pointer)}\n`);
}

/** Removes the pointer file if it still speaks of this start. */
export function removePointer(file: string, startId: string): void {
  if (readPointer(file)?.startId === startId) fs.rmSync(file, { force: true });
}

/** Writes a file of mode 0600 that is there whole or not at all. */
export function writePrivately(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    fs.writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}
