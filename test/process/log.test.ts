import { expect, test } from 'vitest';
import { runBellwire } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const API_KEY = 'a-key-that-is-not-logged-0123456789';

test('the log is JSON lines with level names: one at the start with the changed settings, one at the end', async () => {
  await using folder = await createTemporaryFolder();
  const env = { BELLWIRE_API_KEY: API_KEY, BELLWIRE_CONCURRENCY: '1024' };
  await using server = runBellwire({
    folder: folder.path,
    args: ['serve', '--port', '0', '--retention', '20d'],
    env,
  });
  await server.says(/is running at/);
  server.kill('SIGTERM');
  expect(await server.endsWithin(10_000)).toEqual({ code: 0, signal: null });
  const lines = server
    .stderr()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      msg: 'started',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      database: folder.file('.bellwire/bellwire.db'),
      settings: { port: '0', retention: '20d', api_key: '[set]' },
    },
    { level: 'info', time: expect.any(String), msg: 'stopped' },
  ]);
});
