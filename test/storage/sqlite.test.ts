import { openTestStore } from '../support/test-store.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { describeStore } from './conformance.ts';

describeStore('SQLite in memory', () => openTestStore());

describeStore('SQLite in a file', async () => {
  const folder = await createTemporaryFolder();
  const opened = await openTestStore({ path: folder.file('bellwire.db') });
  const close = async (): Promise<void> => {
    await opened[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { ...opened, [Symbol.asyncDispose]: close };
});
