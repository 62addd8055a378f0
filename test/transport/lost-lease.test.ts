import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { connectionIsIdle, createTransportHarness } from '../support/transport-harness.ts';

it('a request whose lease ends while it waits for its connection is not written, on a new or a kept one', async () => {
  const bodies: string[] = [];
  await using receiver = await startReceiver(({ body }) => {
    bodies.push(body.toString());
    return { status: 200 };
  });
  await using harness = createTransportHarness({ mayBegin: ({ checked_at }) => checked_at >= 100 });
  const unsent = { outcome: { kind: 'interrupted' }, transport_headers: null, response: null };
  expect(await harness.send(receiver.origin, { checked_at: 50 })).toMatchObject(unsent);
  expect(await harness.send(receiver.origin, { checked_at: 100, body: '"held"' })).toMatchObject({
    outcome: { kind: 'succeeded' },
  });
  await connectionIsIdle();
  expect(await harness.send(receiver.origin, { checked_at: 99 })).toMatchObject(unsent);
  expect(bodies).toEqual(['"held"']);
});
