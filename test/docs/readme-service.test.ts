import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readDocPage, runNode, runShell } from '../support/doc-page.ts';
import { packArguments, packPackage, runPnpm } from '../support/pack.ts';
import { hasShell } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';
import { runBellwire } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const page = readDocPage('README.md');
const zod = fileURLToPath(new URL('../node_modules/zod', import.meta.url));

/** The printed text, with patterns for the values that differ between runs. */
const asPattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('127\\.0\\.0\\.1:4400', String.raw`127\.0\.0\.1:\d+`)
      .replaceAll('bw_…', String.raw`bw_\S+`)
      .replaceAll('signin#…', String.raw`signin#\S+`)
      .replaceAll('/home/you/bellwire/', String.raw`\S+/`)}`,
  );

it('the first start prints the text of the README', async () => {
  await using folder = await createTemporaryFolder();
  await using bellwire = runBellwire({ folder: folder.path, args: ['serve', '--local', '--port', '0'] });
  await bellwire.says(/\n {2}curl [\s\S]+?\}'\n/);
  expect(bellwire.stdout()).toMatch(asPattern(page.blocks('text')[0]!));
});

it('the service of the README sends a typed event and reads its delivery, in an empty folder', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await using server = await startServer();
  await server.addHook(receiver.origin, { events: ['order.*'] });
  const [service = ''] = page.blocks('ts');
  expect(service.trimEnd().split('\n').length).toBeLessThanOrEqual(14);
  expect(page.text).toContain(`npx -y pnpm@12 ${packArguments('client', '.').join(' ')}`);
  expect(page.text).toContain('npx -y node@26 service.mts');

  const dependencies = { '@bellwire/client': `file:${await packPackage('client')}`, zod: `link:${zod}` };
  // Without a type field, like the file that npm creates.
  await writeFile(folder.file('package.json'), JSON.stringify({ dependencies }));
  runPnpm(['install', '--prefer-offline', '--ignore-workspace'], { cwd: folder.path });
  await writeFile(folder.file('service.mts'), service.replace('http://127.0.0.1:4400', server.origin));
  const env = { BELLWIRE_API_KEY: ADMIN_KEY };
  const { stdout, stderr } = await runNode(['service.mts'], { cwd: folder.path, env });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/order\.created to wh_\w+: succeeded\n$/);
  const call = await receiver.next();
  expect(JSON.parse(call.body.toString())).toMatchObject({ data: { order: { id: 123, total: 499 } } });
}, 90_000);

it.skipIf(!hasShell)('the commands of the README work as printed', async () => {
  await using receiver = await startReceiver();
  await using server = await startServer();
  const block = page.blocks('sh').find((one) => one.includes('/v1/webhooks'))!;
  const commands = block.split('\n\n').map((command) => command.replaceAll(/^#.*\n/gm, ''));
  const [hook, failed] = await Promise.all(
    commands.map((command) =>
      runShell(command, { url: server.origin, receiver: receiver.origin, env: { KEY: ADMIN_KEY } }),
    ),
  );
  expect(hook).toMatchObject({ events: ['order.*'], secret: expect.stringMatching(/^whsec_/) });
  expect(failed).toEqual({ data: [], next_cursor: null });
});
