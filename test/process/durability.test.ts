import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { assertDurable, openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { startServer } from '../support/server-process.ts';
import { auditSyncs } from '../support/sync-audit.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const write = async (database: ReturnType<typeof openSqlite>): Promise<void> => {
  database.raw.exec('create table if not exists t (n integer)');
  await database.write(() => database.raw.exec('insert into t values (1)'));
};

describe('the server’s connection', () => {
  test('commits with synchronous=FULL, also after writes and after a second opening', async () => {
    await using folder = await createTemporaryFolder();
    for (const _ of ['new', 'again']) {
      const database = openSqlite(folder.file('bellwire.db'));
      await write(database);
      expect(database.raw.pragma('synchronous', { simple: true })).toBe(2);
      expect(() => assertDurable(database)).not.toThrow();
      await database.close();
    }
  });

  test('is refused when it commits with less than FULL', async () => {
    await using folder = await createTemporaryFolder();
    const database = openSqlite(folder.file('bellwire.db'));
    database.raw.pragma('synchronous = NORMAL');
    await write(database);
    expect(() => assertDurable(database)).toThrow(expect.objectContaining({ code: 'database_not_durable' }));
    await database.close();
  });

  test('needs the setting: in WAL mode better-sqlite3 defaults to NORMAL', async () => {
    await using folder = await createTemporaryFolder();
    const raw = new Database(folder.file('plain.db'));
    raw.pragma('journal_mode = WAL');
    raw.exec('create table t (n integer)');
    expect(raw.pragma('synchronous', { simple: true })).toBe(1);
    raw.close();
  });
});

const STRACE = 'strace';
const CALLS = 'pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg';

/** The reason why system calls cannot be traced here, or null. */
const whyNoTrace = (): string | null => {
  const { error, status, stderr } = spawnSync(STRACE, ['-f', '-e', 'trace=fsync', 'true'], {
    encoding: 'utf8',
  });
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? null : `strace cannot trace: ${stderr.trim().split('\n').at(-1)}`;
};

const noTrace = process.platform === 'linux' ? whyNoTrace() : 'strace is a tool of Linux';
if (noTrace !== null) console.log(`the order of sync and reply is not checked: ${noTrace}`);

describe('the order of sync and reply', () => {
  test.skipIf(noTrace !== null)(
    'every 202 is written after its event was synced',
    { timeout: 60_000 },
    async () => {
      await using folder = await createTemporaryFolder();
      const trace = folder.file('trace');
      // -D makes the tracer a grandchild, so that the child process is node itself.
      const under = [STRACE, '-D', '-f', '-y', '-s', '8192', '-e', `trace=${CALLS}`, '-o', trace];
      const ids: string[] = [];
      {
        await using server = await startServer({ folder: folder.path, under });
        for (let n = 0; n < 12; n += 1) {
          const { body } = await server.call('POST', '/v1/events', { type: 'a', data: { n } });
          ids.push(String(body.id));
        }
        const together = await Promise.all(
          Array.from({ length: 12 }, (_, n) => server.call('POST', '/v1/events', { type: 'b', data: { n } })),
        );
        ids.push(...together.map(({ body }) => String(body.id)));
        server.kill('SIGTERM');
        expect((await server.endsWithin(20_000)).code).toBe(0);
      }
      const written = readFileSync(trace, 'utf8');
      const { acknowledged, unsynced } = auditSyncs(written);
      expect(acknowledged.toSorted()).toEqual(ids.toSorted());
      expect(unsynced).toEqual([]);
      // Without its key file after a power cut, no secret could be decrypted.
      expect(written).toMatch(/f(?:data)?sync\(\d+<[^>]*\/keys>\) += 0/);
    },
  );

  const logs = '7 pwrite64(20</d/bellwire.db-wal>, "..evt_1..", 4096, 32) = 4096';
  const syncs = '7 fdatasync(20</d/bellwire.db-wal>) = 0';
  const replies =
    '7 write(24<socket:[9]>, "HTTP/1.1 202 Accepted\\r\\n\\r\\n{\\"id\\":\\"evt_1\\"}", 50) = 50';

  test.each([
    ['was never synced', [logs, replies]],
    ['was synced after its reply', [logs, replies, syncs]],
    ['was written after the sync', [syncs, logs, replies]],
    ['was not logged at all', [syncs, replies]],
    ['is still being synced', [logs, syncs.replace(') = 0', ' <unfinished ...>'), replies]],
    ['had only the database synced', [logs, syncs.replace('-wal', ''), replies]],
  ])('the audit sees an event that %s', (_, lines) => {
    expect(auditSyncs(lines.join('\n'))).toEqual({ acknowledged: ['evt_1'], unsynced: ['evt_1'] });
  });

  test('the audit accepts log, sync, reply, also with an interrupted sync', () => {
    const begins = syncs.replace(') = 0', ' <unfinished ...>');
    for (const sync of [[syncs], [begins, '7 <... fdatasync resumed>) = 0']]) {
      expect(auditSyncs([logs, ...sync, replies].join('\n'))).toEqual({
        acknowledged: ['evt_1'],
        unsynced: [],
      });
    }
  });
});
