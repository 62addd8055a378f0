import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openInboxFile } from '../src/inbox-file.ts';
import { createInbox } from '../src/inbox.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { startTestReceiver } from './support/test-receiver.ts';

await test('a commit waits for the disk (synchronous=FULL), in a new inbox and in one that is opened again', async () => {
  const path = join(temporaryFolder(), 'deeper', 'inbox.db');
  for (const id of ['evt_1', 'evt_2']) {
    const db = openInboxFile(path);
    const inbox = createInbox(db, 10);
    const arrival = {
      id,
      type: 't',
      dialect: 'standard',
      content_type: '',
      body: Buffer.from('{}'),
    } as const;
    assert.equal(await inbox.store({ ...arrival, received_at: Date.now() }), 'stored');
    assert.equal(db.pragma('synchronous', { simple: true }), 2);
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    db.close();
  }
});

await test('an inbox that cannot be opened is said in one line', () => {
  const folder = temporaryFolder();
  assert.throws(
    () => openInboxFile(folder),
    /^Error: The inbox at .* cannot be opened: .*Set INBOX_PATH to .*\.$/,
  );
});

const losses: Readonly<Record<string, (path: string) => void>> = {
  deleted: (path) => rmSync(path),
  replaced: (path) => {
    copyFileSync(path, `${path}-copy`);
    renameSync(`${path}-copy`, path);
  },
};

for (const [what, lose] of Object.entries(losses)) {
  await test(`an inbox that is ${what} while it is open accepts nothing any more`, async (t) => {
    const receiver = await startTestReceiver(t);
    assert.equal((await receiver.deliver('evt_1')).status, 200);
    lose(receiver.inbox_path);
    // It looks once a second.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (const [id, type] of [
      ['evt_1', 'any'],
      ['evt_2', 'any'],
      ['evt_3', 'ping'],
    ] as const) {
      const { status, headers } = await receiver.deliver(id, type);
      assert.deepEqual([status, headers.get('retry-after')], [503, '30']);
    }
    assert.deepEqual(await receiver.health(), { status: 503, body: { status: 'inbox_lost' } });
    const [line, second] = receiver.log.lines.filter(({ event }) => event === 'inbox_lost');
    assert.match(String(line?.['error']), /was deleted or replaced .* Restart the receiver/);
    assert.equal(second, undefined);
  });
}
