import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { noTrace, underStrace } from '../support/strace.ts';
import { auditSyncs } from '../support/sync-audit.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const CALLS = 'pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg';

if (noTrace !== null) console.log(`the order of sync and reply is not checked: ${noTrace}`);

describe('the order of sync and reply', () => {
  test.skipIf(noTrace !== null)(
    'every 201 and 202 is written after its webhook or event was synced, also that of a repeated idempotency key',
    { timeout: 60_000 },
    async () => {
      await using folder = await createTemporaryFolder();
      const trace = folder.file('trace');
      const under = underStrace(['-y', '-s', '8192', '-e', `trace=${CALLS}`], trace);
      const ids: string[] = [];
      {
        await using server = await startServer({ folder: folder.path, under });
        for (let n = 0; n < 12; n += 1) {
          const { body } = await server.call('POST', '/v1/events', { type: 'a', data: { n } });
          ids.push(String(body.id));
        }
        const together = Array.from({ length: 24 }, async (_, n) => {
          const key = Math.floor(n / 2);
          // A repeat can arrive when its event is committed and not synced.
          await wait(n % 2);
          const event = { type: 'b', data: { key }, idempotency_key: `key-${key}` };
          return server.call('POST', '/v1/events', event);
        });
        const hooks = Array.from({ length: 6 }, (_, n) =>
          server.call('POST', '/v1/webhooks', { url: `http://127.0.0.1:8999/${n}`, events: ['c'] }),
        );
        for (const { body } of await Promise.all([...together, ...hooks])) ids.push(String(body.id));
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
