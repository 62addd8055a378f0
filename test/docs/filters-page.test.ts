import { expect, it } from 'vitest';
import { compileFilter } from '../../packages/server/src/core/filter/compile-filter.ts';
import { commandLineOf } from '../support/command-line.ts';
import { commandsOf, readDocPage } from '../support/doc-page.ts';
import { startServer } from '../support/running-server.ts';

const page = readDocPage('docs/filters.md');

const EVENT = {
  type: 'order.paid',
  tenant: null,
  metadata: { region: 'eu' },
  data: {
    order: { status: 'paid', total: 100, paid_at: '2026-11-22', coupon: null },
    status: 'paid',
    tags: ['vip'],
    sku: 'A-1',
    email: 'ada@example.com',
    items: [{ sku: 'A-1' }],
    'first name': 'Ada',
    a: { b: 1 },
  },
  previous_data: { status: 'open' },
};

const verdictOf = (text: string) => {
  const compiled = compileFilter(text);
  return compiled.ok ? compiled.filter.evaluate(EVENT).verdict : compiled.problem.message;
};

it('every test of the table is one, and is true where the table says so', () => {
  const tests = page.rows('test').map(([test = '']) => test);
  expect(tests.length).toBeGreaterThan(10);
  for (const test of tests)
    expect([test, verdictOf(test)]).toEqual([test, test.includes('!= "paid"') ? 'no_match' : 'match']);
});

it('every field of the table exists in an event that has it', () => {
  const fields = page.rows('field').flatMap(([cell = '']) => cell.split(', '));
  for (const field of fields) expect([field, verdictOf(`exists ${field}`)]).toEqual([field, 'match']);
});

it('its commands create a hook with a filter, try it, change it and remove it', async () => {
  await using server = await startServer();
  const { bellwire } = commandLineOf(server);
  const [sh = ''] = page.blocks('sh');
  const filters: unknown[] = [];
  let hook_id = '';
  for (const command of commandsOf(sh)) {
    const words = [...command.replace('$HOOK', hook_id).matchAll(/'([^']*)'|(\S+)/g)];
    const args = words.map(([, quoted, word = '']) => quoted ?? word).slice(1);
    expect(await bellwire(args)).toMatchObject({ code: 0 });
    const [hook] = (await server.api('GET /v1/webhooks')).body.data;
    hook_id = hook!.id;
    filters.push((hook as unknown as { readonly filter: string | null }).filter);
  }
  const first = 'order.total >= 100 and order.status in ("paid", "open")';
  expect(filters).toEqual([first, first, '$metadata.region == "eu"', null]);
});

it('the message of the page is that of the server', async () => {
  await using server = await startServer();
  const properties = { order: { type: 'object', properties: { total: { type: 'number' } } } };
  await server.api('PUT /v1/event-types/order.created', { schema: { type: 'object', properties } });
  const hook = { url: 'https://shop.example.com', events: ['order.created'], filter: 'order.totl > 1' };
  const { body } = await server.api('POST /v1/webhooks', hook);
  expect(`${body.error.issues?.[0]?.message}\n`).toBe(page.blocks('text')[0]);
});
