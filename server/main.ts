// The server program: argv and environment are read here, once, and the exit code is set here.
import { runCommand } from './lifecycle/commandLine.ts';
import { openServices } from './services.ts';

void runCommand({
  args: process.argv.slice(2),
  environment: { ...process.env },
  distribution: import.meta.dirname,
  entry: import.meta.filename,
  openServices,
}).then((code) => process.exit(code));
