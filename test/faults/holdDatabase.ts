// Holds an exclusive lock on a database: node test/faults/holdDatabase.ts FILE. Prints `held`, and lets go when stdin ends.
import { DatabaseSync } from 'node:sqlite';
import process from 'node:process';

const database = new DatabaseSync(process.argv[2] ?? '');
database.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');
process.stdout.write('held\n');
process.stdin.on('end', () => {
  database.exec('ROLLBACK');
  database.close();
});
process.stdin.resume();
