import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findingCodes } from '@bellwire/verify/explain';
import { expect, it } from 'vitest';
import { commandsOf, readDocPage, runShell } from '../support/doc-page.ts';
import { hasShell } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';

const page = readDocPage('docs/signatures.md');
const main = fileURLToPath(new URL('../../packages/cli/src/main.js', import.meta.url));
const run = promisify(execFile);

it('the table has every finding, and no others', () => {
  expect(page.rows('code').map(([code = '']) => code)).toEqual([...findingCodes]);
});

it.skipIf(!hasShell)(
  'every command of the page works as printed',
  async () => {
    await using receiver = await startReceiver(() => ({ status: 401 }));
    await using server = await startServer();
    const hook = await server.addHook(receiver.origin, { max_attempts: 1 });
    await server.send({ data: { order: 1 } });
    const call = await receiver.next();
    const [delivery] = await server.deliveries(`hook_id=${hook.id}`);
    await server.deliveryIn(delivery!.id, 'failed');
    const { folder } = server;
    await writeFile(`${folder}/bellwire`, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
    await chmod(`${folder}/bellwire`, 0o755);
    await writeFile(`${folder}/received.json`, call.body);
    await writeFile(`${folder}/secret.txt`, `${hook.secret}\n`);
    const headers = Object.entries(call.headers).map(([name, value]) => `${name}: ${value}`);
    await writeFile(`${folder}/headers.txt`, headers.join('\n'));
    const env = {
      PATH: `${folder}:${process.env['PATH']}`,
      BELLWIRE_URL: server.origin,
      BELLWIRE_API_KEY: ADMIN_KEY,
      KEY: ADMIN_KEY,
      DELIVERY: delivery!.id,
    };
    const [recorded = '', offline = '', curl = ''] = page.blocks('sh');
    for (const command of [...commandsOf(recorded), offline]) {
      const { stdout } = await run('bash', ['-ceu', command], { cwd: folder, env });
      expect(stdout, command).toMatch(/^The signature is valid\./);
    }
    const at = { url: server.origin, receiver: receiver.origin, env };
    expect(await runShell(curl, at)).toMatchObject({ verified: true, finding: { code: 'verified' } });
  },
  60_000,
);
