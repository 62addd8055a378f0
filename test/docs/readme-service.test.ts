import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readDocPage, runShell } from '../support/doc-page.ts';
import { packArguments, packPackage, runPnpm } from '../support/pack.ts';
import { hasShell } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, runBellwire, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const page = readDocPage('README.md');
const zod = fileURLToPath(new URL('../node_modules/zod', import.meta.url));

/** The printed text, with patterns for the parts that vary. */
const asPattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('127\\.0\\.0\\.1:4400', String.raw`127\.0\.0\.1:\d+`)
      .replaceAll('bwk_…', String.raw`bwk_\S+`)
      .replaceAll('/home/you/bellwire/', String.raw`\S+/`)}`,
  );

it('the first start prints the text in the README', async () => {
  await using folder = await createTemporaryFolder();
  await using bellwire = runBellwire({ folder: folder.path, args: ['serve', '--local', '--port', '0'] });
  await bellwire.says(/\n {2}curl [\s\S]+?\}'\n/);
  expect(bellwire.stdout()).toMatch(asPattern(page.blocks('text')[0]!));
});

it('the service in the README sends a typed event and reads its delivery, alone in an empty folder', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await using server = await startServer({ folder: folder.path });
  await server.call('POST', '/v1/webhooks', { url: receiver.origin, events: ['order.*'] });
  const [service = ''] = page.blocks('ts');
  expect(service.trimEnd().split('\n').length).toBeLessThanOrEqual(14);
  expect(page.text).toContain(`npx -y pnpm@12 ${packArguments('client', '.').join(' ')}`);
  expect(page.text).toContain('npx -y node@26 service.mts');

  const dependencies = { '@bellwire/client': `file:${await packPackage('client')}`, zod: `link:${zod}` };
  // As npm writes it, without a module type.
  await writeFile(folder.file('package.json'), JSON.stringify({ dependencies }));
  runPnpm(['install', '--prefer-offline', '--ignore-workspace'], { cwd: folder.path });
  await writeFile(join(folder.path, 'service.mts'), service.replace('http://127.0.0.1:4400', server.url));
  const { PATH = '' } = process.env;
  const { stdout, stderr } = await run(process.execPath, ['service.mts'], {
    cwd: folder.path,
    env: { PATH, BELLWIRE_API_KEY: ADMIN_KEY },
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/order\.created to wh_\w+: succeeded\n$/);
  const call = await receiver.next();
  expect(JSON.parse(call.body.toString())).toMatchObject({ data: { order: { id: 123, total: 499 } } });
}, 90_000);

it.skipIf(!hasShell)('the commands in the README work as printed', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await using server = await startServer({ folder: folder.path });
  const block = page.blocks('sh').find((one) => one.includes('/v1/webhooks'))!;
  const commands = block.split('\n\n').map((command) => command.replaceAll(/^#.*\n/gm, ''));
  const [hook, failed] = await Promise.all(
    commands.map((command) =>
      runShell(command, { url: server.url, receiver: receiver.origin, env: { KEY: ADMIN_KEY } }),
    ),
  );
  expect(hook).toMatchObject({ events: ['order.*'], secret: expect.stringMatching(/^whsec_/) });
  expect(failed).toEqual({ data: [], next_cursor: null });
});
