import { writeSync } from 'node:fs';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';

// Commits rows of random sizes to the database of the first argument, several at a time, and prints the number of each
// row when it is durable. Ends after as many rows as the second argument specifies.
const [path = '', count = ''] = process.argv.slice(2);
const database = openSqlite(path);
await database.write(() => database.raw.exec('create table written (n integer primary key, body text)'));
const insert = database.raw.prepare('insert into written values (?, ?)');
let next = 0;

const writeRows = async (): Promise<void> => {
  while (next < Number(count)) {
    const n = (next += 1);
    await database.write(() => insert.run(n, `${n} `.repeat((n * 7_919) % 12_000)));
    writeSync(1, `durable ${n}\n`);
  }
};

await Promise.all(Array.from({ length: 8 }, writeRows));
await database.close();
