import { spawnSync } from 'node:child_process';
import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import DatabaseConstructor from 'better-sqlite3';
import { expect, test } from 'vitest';
import { ReplayedDisk } from '../support/power-cut.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { noTrace, underStrace } from '../support/strace.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

if (noTrace !== null) console.log(`power cuts are not tested: ${noTrace}`);

/** The full form is `pnpm experiment D3`. */
const CUTS = Number(process.env['POWER_CUTS'] ?? 60);
/** About 12,000 pages: the log restarts. */
const ROWS = 1_600;
const CALLS = 'pwrite64,ftruncate,fsync,fdatasync,write';
const PROGRAM = fileURLToPath(new URL('../support/durable-writer-process.ts', import.meta.url));

/** The state of a database after a power cut. */
const stateOf = (path: string) => {
  const database = new DatabaseConstructor(path);
  try {
    const integrity = database.pragma('integrity_check', { simple: true });
    const has_table = database.prepare("select 1 from sqlite_schema where name = 'written'").get();
    const rows = has_table === undefined ? [] : database.prepare('select n from written').pluck().all();
    return { integrity, rows: new Set(rows) };
  } finally {
    database.close();
    for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  }
};

test.skipIf(noTrace !== null)(
  'a power cut at any moment leaves an intact database with every write that had resolved',
  { timeout: 120_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    const trace = folder.file('trace');
    const args = underStrace(
      ['--seccomp-bpf', '-qq', '-y', '-xx', '-s', '5000', '-e', `trace=${CALLS}`],
      trace,
    );
    const [program = '', ...rest] = args.filter((arg) => arg !== '-D');
    const ran = spawnSync(
      program,
      [...rest, process.execPath, PROGRAM, folder.file('bellwire.db'), String(ROWS)],
      { encoding: 'utf8' },
    );
    expect([ran.status, ran.stderr]).toEqual([0, expect.any(String)]);
    const random = createSeededRandom(3);
    const disk = new ReplayedDisk();
    const lines = 4 * 12_000;
    let cuts = 0;
    for await (const line of createInterface({ input: createReadStream(trace) })) {
      disk.replay(line);
      if (disk.printed === '' || random.roll() > CUTS / lines) continue;
      const acknowledged = disk.printed.match(/(?<=durable )\d+(?=\n)/g)?.map(Number) ?? [];
      const kept = [0, 0.5, 1][(cuts += 1) % 3] ?? 0;
      const path = folder.file(`cut-${cuts}.db`);
      writeFileSync(path, disk.cut('bellwire.db', kept, random));
      writeFileSync(`${path}-wal`, disk.cut('bellwire.db-wal', kept, random));
      const { integrity, rows } = stateOf(path);
      expect({ cuts, integrity }).toEqual({ cuts, integrity: 'ok' });
      expect(acknowledged.filter((n) => !rows.has(n))).toEqual([]);
    }
    console.log(`power cuts: ${cuts} during ${ROWS} writes; the log began ${disk.log_headers} times`);
    expect(cuts).toBeGreaterThan(CUTS / 3);
    expect(disk.log_headers).toBeGreaterThan(1);
  },
);
