import { readFileSync, writeFileSync } from 'node:fs';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { expect, it } from 'vitest';
import { readPageFormat, unusedRanges } from '../../packages/server/src/storage/sqlite/page-gap.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

/** A database with tables and indexes of every kind, rows of many sizes, and gaps where rows were deleted. */
const fill = (database: Database): void => {
  database.exec(`create table keyed (id text primary key, body text) without rowid;
    create table numbered (body text);
    create index numbered_body on numbered (body)`);
  const random = createSeededRandom(3);
  database.transaction(() => {
    for (let row = 0; row < 3_000; row += 1) {
      const body = `${row}.`.repeat(1 + Math.floor(random.roll() ** 6 * 600));
      database
        .prepare('insert or replace into keyed values (?, ?)')
        .run(`k${Math.floor(random.roll() * 3_000)}`, body);
      database.prepare('insert into numbered values (?)').run(body);
    }
    database.exec('delete from keyed where abs(random()) % 3 = 0; delete from numbered where rowid % 4 = 1');
  })();
};

const rowsOf = (database: Database) => [
  database.prepare('select * from keyed order by id').all(),
  database.prepare('select rowid, * from numbered order by body, rowid').all(),
];

it.each([512, 4_096, 65_536])(
  'with pages of %i bytes, the unused ranges have the size that SQLite reports, and no content is in them',
  async (page_size) => {
    await using folder = await createTemporaryFolder();
    const path = folder.file('pages.db');
    const database = new DatabaseConstructor(path);
    database.pragma(`page_size = ${page_size}`);
    fill(database);
    const rows = rowsOf(database);
    const pages = database
      .prepare<[], { pageno: number; pagetype: string; unused: number }>(
        `select pageno, pagetype, unused from dbstat where aggregate = 0`,
      )
      .all();
    database.close();
    const bytes = readFileSync(path);
    const format = readPageFormat(bytes, bytes.length);
    expect(format).toEqual({ page_size, usable_size: page_size });
    expect(new Set(pages.map(({ pagetype }) => pagetype))).toContain('leaf');
    for (const { pageno, pagetype, unused } of pages) {
      const page_start = (pageno - 1) * page_size;
      const ranges = unusedRanges(bytes, format, { page_start, page_number: pageno });
      if (pagetype === 'overflow') expect(ranges).toBe(null);
      else {
        const found = ranges!.reduce((sum, { start, end }) => sum + end - start, 0);
        const fragments = bytes[page_start + (pageno === 1 ? 100 : 0) + 7]!;
        expect(found + 4 * (ranges!.length - 1) + fragments).toBe(unused);
        for (const { start, end } of ranges!) bytes.fill(0xaa, start, end);
      }
    }
    writeFileSync(path, bytes);
    const changed = new DatabaseConstructor(path);
    expect(changed.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(rowsOf(changed)).toEqual(rows);
    changed.close();
  },
);

it('a page that is not a well-formed b-tree page has no unused ranges', () => {
  const format = { page_size: 512, usable_size: 512 };
  const leaf = (change: (page: Buffer) => void) => {
    const page = Buffer.alloc(512);
    page[0] = 0x0d;
    page.writeUInt16BE(1, 3);
    page.writeUInt16BE(500, 5);
    page.writeUInt16BE(500, 8);
    change(page);
    return unusedRanges(page, format, { page_start: 0, page_number: 2 });
  };
  expect(leaf(() => {})).toEqual([{ start: 10, end: 500 }]);
  for (const change of [
    (page: Buffer) => page.fill(0),
    (page: Buffer) => page.writeUInt8(0x0e, 0),
    (page: Buffer) => page.writeUInt16BE(300, 3),
    (page: Buffer) => page.writeUInt16BE(600, 5),
    (page: Buffer) => page.writeUInt16BE(499, 8),
    (page: Buffer) => page.writeUInt16BE(300, 1),
    (page: Buffer) => page.writeUInt16BE(511, 1),
  ]) {
    expect(leaf((page) => void change(page))).toBe(null);
  }
});

it('files in which the first byte does not identify a b-tree page are refused', () => {
  const header = Buffer.alloc(100);
  header.writeUInt16BE(1, 16);
  expect(readPageFormat(header, 65_536)).toEqual({ page_size: 65_536, usable_size: 65_536 });
  header.writeUInt16BE(4_096, 16);
  expect(() => readPageFormat(header, 2 ** 25 * 4_096)).toThrow('2^25 pages');
  header.writeUInt32BE(1, 52);
  expect(() => readPageFormat(header, 4_096)).toThrow('auto_vacuum');
  header.writeUInt16BE(1_000, 16);
  expect(() => readPageFormat(header, 4_096)).toThrow('page size 1000');
});
