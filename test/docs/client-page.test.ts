import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readDocPage } from '../support/doc-page.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const page = readDocPage('packages/client/README.md');
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const run = promisify(execFile);

it('the code in the README of the client runs as printed', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await using server = await startServer({ folder: folder.path });
  await symlink(modules, folder.file('node_modules'));
  const { PATH = '' } = process.env;
  const env = { PATH, BELLWIRE_URL: server.url, BELLWIRE_API_KEY: ADMIN_KEY };
  const outputs: string[] = [];
  for (const [index, block] of page.blocks('ts').entries()) {
    const file = folder.file(`snippet-${index}.mts`);
    await writeFile(file, block.replaceAll('https://example.com', receiver.origin));
    const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder.path, env });
    expect([index, stderr]).toEqual([index, '']);
    outputs.push(stdout);
  }
  expect(outputs[0]).toMatch(/^wh_\w+ whsec_\S+\ndlv_\w+ \w+\n$/);
  const { body } = await server.call('GET', '/v1/event-types/order.created');
  expect(body).toMatchObject({ schema: { properties: { currency: { default: 'EUR' } } } });
  const { data } = (await server.call('GET', '/v1/events?limit=1')).body;
  const { body: sent } = await server.call('GET', `/v1/events/${data[0].id}`);
  expect(sent.data).toEqual({ id: 'o_1', total: 4200, currency: 'EUR' });
});
