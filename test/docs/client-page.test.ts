import { symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readDocPage, runNode } from '../support/doc-page.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';

const page = readDocPage('packages/client/README.md');
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));

it('the code of the client page runs as printed', async () => {
  await using receiver = await startReceiver();
  await using server = await startServer();
  await symlink(modules, `${server.folder}/node_modules`);
  const env = { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: ADMIN_KEY };
  const outputs: string[] = [];
  for (const [index, block] of page.blocks('ts').entries()) {
    const file = `${server.folder}/snippet-${index}.mts`;
    await writeFile(file, block.replaceAll('https://example.com', receiver.origin));
    const { stdout, stderr } = await runNode([file], { cwd: server.folder, env });
    expect([index, stderr]).toEqual([index, '']);
    outputs.push(stdout);
  }
  expect(outputs[0]).toMatch(/^wh_\w+ whsec_\S+\ndlv_\w+ \w+\n$/);
  const { body: type } = await server.api('GET /v1/event-types/order.created');
  expect(type).toMatchObject({ schema: { properties: { currency: { default: 'EUR' } } } });
  const [event] = (await server.api('GET /v1/events?limit=1')).body.data;
  const { body: sent } = await server.api(`GET /v1/events/${event!.id}`);
  expect(sent.data).toEqual({ id: 'o_1', total: 4200, currency: 'EUR' });
});
