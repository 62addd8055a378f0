import { expect } from 'vitest';
import { commandLineTest } from '../support/command-line.ts';
import { startReceiver } from '../support/receiver.ts';

const test = await commandLineTest();

test('an ordered hook shows what blocks a key, and a skip releases it', async ({
  server,
  json,
  bellwire,
}) => {
  await using receiver = await startReceiver(({ body }) => ({ status: body.includes('"n":1') ? 500 : 200 }));
  const create = ['hooks', 'create', receiver.origin, '--events', '*', '--max-attempts', '1'];
  const hook = await json(...create, '--ordered', '--order-key', 'order.id');
  expect(hook).toMatchObject({ ordered: true, order_key: 'order.id' });
  for (const n of [1, 2]) {
    await json('events', 'send', 'order.created', '--data', JSON.stringify({ order: { id: 7 }, n }));
  }
  const [second, first]: { readonly id: string }[] = (await json('deliveries', 'list')).data;
  await server.deliveryIn(first!.id, 'failed');
  expect((await bellwire(['deliveries', 'list'])).stdout).toContain(`blocked by ${first!.id}`);
  expect(await bellwire(['deliveries', 'skip', first!.id])).toEqual({
    code: 0,
    stdout: `Skipped ${first!.id}: failed.\n`,
    stderr: '',
  });
  await server.deliveryIn(second!.id, 'succeeded');
  const again = await bellwire(['deliveries', 'skip', second!.id]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('no place in the order of its hook');
  expect(await json('hooks', 'update', hook.id, '--no-order-key')).toMatchObject({ order_key: null });
  expect(await json('hooks', 'update', hook.id, '--no-ordered')).toMatchObject({ ordered: false });
});
