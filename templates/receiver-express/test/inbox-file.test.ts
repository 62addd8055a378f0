import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openInboxFile } from '../src/inbox-file.ts';
import { createInbox } from '../src/inbox.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

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
