import { expect, it } from 'vitest';
import { openStream } from '../support/event-stream.ts';
import { ADMIN_KEY, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

it('SIGTERM ends open streams and the process, without waiting for the readers', async () => {
  await using folder = await createTemporaryFolder();
  await using server = await startServer({ folder: folder.path, flags: ['--inbox', 'true'] });
  await fetch(`${server.url}/inbox/x`, { method: 'POST', body: '1' });
  await using stream = await openStream(server.url, { key: ADMIN_KEY });
  await using page = await openStream(server.url, { path: '/inbox/x' });
  const began = performance.now();
  server.kill('SIGTERM');
  await Promise.all([stream.ended, page.ended]);
  expect(await server.endsWithin(5_000)).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(5_000);
});
