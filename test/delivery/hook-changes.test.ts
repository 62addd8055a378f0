import { expect, it } from 'vitest';
import { defineDialect } from '../../packages/server/src/dialects/define-dialect.ts';
import { standard } from '../../packages/server/src/dialects/standard.ts';
import { createWorld, dataOf, type World } from '../support/world.ts';

const SECOND = 1_000;

/** A hook with eight requests that hang in its eight slots, and twelve deliveries that wait in memory. */
const waitingInMemory = async () => {
  const world = await createWorld({ script: () => 'hang' });
  await Promise.all(world.offer(20));
  await world.clock.settle();
  expect(world.loop.gauges()).toEqual({ in_flight: 8, queued: 12, waiting_accepts: 0 });
  return { world, hook: world.hooks[0]! };
};

const answerAll = async (world: World, status: number): Promise<void> => {
  world.transport.release({ status });
  await world.clock.settle();
};

it.each([
  { hook: 'is paused', status: 200, expected: { succeeded: 8, held: 12 } },
  { hook: 'is paused while its requests fail', status: 500, expected: { held: 20 } },
  { hook: 'is deleted', status: 500, expected: { canceled: 20 } },
  { hook: 'answers 410', status: 410, expected: { failed: 8, held: 12 } },
])(
  'deliveries in memory for a hook that $hook are not sent, and requests in flight are recorded',
  async ({ hook: change, status, expected }) => {
    const { world, hook } = await waitingInMemory();
    await using _ = world;
    if (change.includes('paused')) await world.arrange.setHookStatus(hook, 'paused');
    if (change.includes('deleted')) await world.arrange.deleteHook(hook);
    await answerAll(world, status);
    expect(await world.statuses()).toEqual(expected);
    expect(await world.arrange.attempts()).toHaveLength(8);
    await world.live(60 * SECOND);
    expect(world.sent()).toHaveLength(8);
    expect(await world.statuses()).toEqual(expected);
  },
);

it('deliveries in memory for a hook that stays active are sent', async () => {
  const { world } = await waitingInMemory();
  await using _ = world;
  for (let round = 0; round < 3; round += 1) await answerAll(world, 200);
  expect(await world.statuses()).toEqual({ succeeded: 20 });
});

it('a retry has the same id and body as the first attempt, and its own timestamp and signature', async () => {
  await using world = await createWorld({
    hooks: [{ max_attempts: 2 }],
    script: (_, nth) => ({ status: nth === 1 ? 500 : 200 }),
  });
  await world.send();
  await world.live(10 * SECOND);
  const [first, second] = world.sent().map(({ request }) => request);
  const same = { 'webhook-id': first!.headers['webhook-id'] };
  expect(second).toMatchObject({ body: first!.body, headers: same });
  for (const header of ['webhook-timestamp', 'webhook-signature']) {
    expect(second!.headers[header]).not.toBe(first!.headers[header]);
  }
});

const refusals = {
  'returns null': () => null,
  throws: (): null => {
    throw new TypeError('Cannot read properties of undefined');
  },
};

it.each(Object.entries(refusals))('an event for which the dialect %s fails alone', async (_, refuse) => {
  const picky = defineDialect({
    ...standard,
    name: 'picky',
    envelope: (rendering) => (rendering.event.data['bad'] === true ? refuse() : standard.envelope(rendering)),
  });
  await using world = await createWorld({ dialects: [picky], hooks: [{ dialect: 'picky' }, {}] });
  const data = [{ number: 1 }, { bad: true }, { number: 3 }];
  await Promise.all(data.map((one) => world.send({ data: one })));
  await world.live(10 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 5, failed: 1 });
  const failed = (await world.arrange.deliveries()).find(({ status }) => status === 'failed');
  expect(failed).toMatchObject({ failure_reason: 'unrenderable', attempts: 0 });
  expect(await world.arrange.hook(failed!.hook_id)).toMatchObject({ consecutive_failures: 0 });
  const received = world.sent().map((one) => JSON.stringify(dataOf(one)));
  const expected = [data[0], data[0], data[1], data[2], data[2]];
  expect(received.toSorted()).toEqual(expected.map((one) => JSON.stringify(one)).toSorted());
});
