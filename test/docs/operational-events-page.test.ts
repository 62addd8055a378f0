import { expect, it } from 'vitest';
import { operationalCatalog } from '../../packages/server/src/core/operational-catalog.ts';
import { BACKLOG_AGE, operationalTypes } from '../../packages/server/src/core/operational-events.ts';
import { commandLineOf } from '../support/command-line.ts';
import { commandsOf, readDocPage } from '../support/doc-page.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/running-server.ts';

const page = readDocPage('docs/operational-events.md');

it('the table has all types, and each has a section with its example', () => {
  expect(page.rows('type').map(([type]) => type)).toEqual([...operationalTypes]);
  expect([...page.text.matchAll(/^### (.*)$/gm)].map(([, type]) => type)).toEqual([...operationalTypes]);
  const examples = page.blocks('json').map((block) => JSON.parse(block) as unknown);
  expect(examples).toEqual(operationalTypes.map((type) => operationalCatalog.get(type)!.example));
  expect(BACKLOG_AGE).toEqual({ high: 300_000, recovered: 60_000 });
});

it('its commands create a hook and send it an example', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const { bellwire } = commandLineOf(server);
  let hook_id = '';
  const [sh = ''] = page.blocks('sh');
  for (const command of commandsOf(sh)) {
    const args = command
      .replace('https://ops.example.com/bellwire', receiver.origin)
      .replace('$HOOK', hook_id)
      .replaceAll("'", '')
      .split(' ')
      .slice(1);
    expect(await bellwire(args)).toMatchObject({ code: 0 });
    hook_id = (await server.api('GET /v1/webhooks')).body.data[0]!.id;
  }
  const { data } = (await server.api('GET /v1/events?type=bellwire.hook.disabled&include=data')).body;
  expect(data).toMatchObject([{ data: operationalCatalog.get('bellwire.hook.disabled')!.example }]);
});
