import { expect, it } from 'vitest';
import { defineDialect } from '../../packages/server/src/dialects/define-dialect.ts';
import { standard } from '../../packages/server/src/dialects/standard.ts';
import { countStatuses, createWorld, dataOf, type World, type WorldOptions } from '../support/world.ts';

const SECOND = 1_000;

/** A hook whose eight places are taken by requests that hang, while twelve deliveries wait in memory. */
const waitingInMemory = async (options: WorldOptions = {}) => {
  const world = await createWorld({ script: () => 'hang', ...options });
  const workspace = await world.arrange.addWorkspace();
  const hook = await world.arrange.addHook(workspace);
  await Promise.all(Array.from({ length: 20 }, (_, number) => world.send(workspace, { data: { number } })));
  await world.clock.settle();
  expect(world.loop.gauges()).toEqual({ in_flight: 8, queued: 12, waiting_accepts: 0 });
  return { world, workspace, hook };
};

const answerAll = async (world: World, status: number): Promise<void> => {
  world.transport.release({ status });
  await world.clock.settle();
};

it('what waits in memory for a hook that is paused is held, not sent', async () => {
  const { world, hook } = await waitingInMemory();
  await using _ = world;
  await world.arrange.setHookStatus(hook, 'paused');
  await answerAll(world, 200);
  expect(world.sent()).toHaveLength(8);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 8, held: 12 });
  expect(await world.arrange.attempts()).toHaveLength(8);
});

it('what waits in memory for a hook that stays active is sent', async () => {
  const { world } = await waitingInMemory();
  await using _ = world;
  await answerAll(world, 200);
  await answerAll(world, 200);
  await answerAll(world, 200);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 20 });
});

it('a failure under way while its hook is paused is held with its attempt recorded', async () => {
  const { world, hook } = await waitingInMemory();
  await using _ = world;
  await world.arrange.setHookStatus(hook, 'paused');
  await answerAll(world, 500);
  expect(await countStatuses(world.arrange)).toEqual({ held: 20 });
  expect(await world.arrange.attempts()).toHaveLength(8);
});

it('what waits in memory for a hook that is deleted is canceled, not sent', async () => {
  const { world, hook } = await waitingInMemory();
  await using _ = world;
  await world.arrange.deleteHook(hook);
  await answerAll(world, 500);
  expect(world.sent()).toHaveLength(8);
  expect(await countStatuses(world.arrange)).toEqual({ canceled: 20 });
});

it('a 410 among those under way holds what waits in memory', async () => {
  const { world } = await waitingInMemory();
  await using _ = world;
  await answerAll(world, 410);
  await world.live(60 * SECOND);
  expect(world.sent()).toHaveLength(8);
  expect(await countStatuses(world.arrange)).toEqual({ failed: 8, held: 12 });
});

it('each attempt goes to the hook as it stands then: a retry uses the secret and URL of now', async () => {
  await using world = await createWorld({ script: (_, nth) => ({ status: nth === 1 ? 500 : 200 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace, { max_attempts: 2 });
  await world.send(workspace);
  await world.live(10 * SECOND);
  const [first, second] = world.sent();
  expect(second!.request.headers['webhook-id']).toBe(first!.request.headers['webhook-id']);
  expect(second!.request.headers['webhook-timestamp']).not.toBe(first!.request.headers['webhook-timestamp']);
  expect(second!.request.headers['webhook-signature']).not.toBe(first!.request.headers['webhook-signature']);
  expect(second!.request.body).toBe(first!.request.body);
});

it('redelivering sends at once, in every state but being sent and canceled', async () => {
  const { world, workspace, hook } = await waitingInMemory();
  await using _ = world;
  const [under_way] = await world.arrange.deliveries();
  await expect(world.loop.redeliver(workspace, under_way!.id)).rejects.toMatchObject({
    code: 'delivery_in_flight',
    status: 409,
  });
  await answerAll(world, 500);
  await world.arrange.setHookStatus(hook, 'paused');
  await answerAll(world, 500);
  await answerAll(world, 500);
  const before = world.sent().length;
  await world.loop.redeliver(workspace, under_way!.id);
  await world.clock.settle();
  expect(world.sent()).toHaveLength(before + 1);
  await answerAll(world, 200);
  expect(await world.arrange.delivery(under_way!.id)).toMatchObject({ status: 'succeeded', attempts: 2 });
  await world.arrange.deleteHook(hook);
  await expect(world.loop.redeliver(workspace, under_way!.id)).rejects.toMatchObject({
    code: 'delivery_canceled',
  });
  await expect(world.loop.redeliver(workspace, 'dlv_unknown')).rejects.toMatchObject({ code: 'not_found' });
});

it('a success is never attempted again by itself, and again by hand as often as one asks', async () => {
  await using world = await createWorld();
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  await world.send(workspace);
  await world.live(7 * 24 * 3_600 * SECOND);
  expect(world.sent()).toHaveLength(1);
  const [delivery] = await world.arrange.deliveries();
  for (const count of [2, 3]) {
    await world.loop.redeliver(workspace, delivery!.id);
    await world.live(60 * SECOND);
    expect(world.sent()).toHaveLength(count);
  }
  expect(new Set(world.sent().map(({ request }) => request.headers['webhook-id'])).size).toBe(1);
});

it('ping, test and validate are sent once in every state of the hook, and never again', async () => {
  await using world = await createWorld({ script: () => ({ status: 500 }) });
  const workspace = await world.arrange.addWorkspace();
  for (const status of ['active', 'paused', 'disabled', 'unvalidated'] as const) {
    const hook_id = await world.arrange.addHook(workspace, { status, events: ['none'] });
    for (const trigger of ['ping', 'test', 'validate'] as const) {
      const single = { hook_id, tenant: null, trigger, type: trigger, data: {} };
      const { delivery_id } = await world.loop.accept.single(workspace, single);
      await world.live(3_600 * SECOND);
      expect(await world.arrange.delivery(delivery_id)).toMatchObject({
        status: 'failed',
        failure_reason: 'single_attempt',
        attempts: 1,
        trigger,
      });
    }
    expect(await world.arrange.hook(hook_id)).toMatchObject({ consecutive_failures: 0, status });
  }
  expect(world.sent()).toHaveLength(12);
});

/** A dialect of a user's that cannot render some events. */
const picky = (refuse: () => null) =>
  defineDialect({
    ...standard,
    name: 'picky',
    envelope: (rendering) => (rendering.event.data['bad'] === true ? refuse() : standard.envelope(rendering)),
  });

const throwing = (): null => {
  throw new TypeError('Cannot read properties of undefined');
};

it('an event that its dialect cannot render fails alone, whether the dialect says so or throws', async () => {
  for (const refuse of [() => null, throwing]) {
    await using world = await createWorld({ dialects: [picky(refuse)] });
    const workspace = await world.arrange.addWorkspace();
    await world.arrange.addHook(workspace, { dialect: 'picky' });
    await world.arrange.addHook(workspace);
    const data = [{ number: 1 }, { bad: true }, { number: 3 }];
    await Promise.all(data.map((one) => world.send(workspace, { data: one })));
    await world.live(10 * SECOND);
    expect(await countStatuses(world.arrange)).toEqual({ succeeded: 5, failed: 1 });
    const failed = (await world.arrange.deliveries()).find(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ failure_reason: 'unrenderable', attempts: 0 });
    expect(await world.arrange.hook(failed!.hook_id)).toMatchObject({ consecutive_failures: 0 });
    expect(
      world
        .sent()
        .map((one) => JSON.stringify(dataOf(one)))
        .toSorted(),
    ).toEqual(
      [1, 1, 3, 3]
        .map((number) => JSON.stringify({ number }))
        .concat('{"bad":true}')
        .toSorted(),
    );
  }
});

it('a hook of a dialect that is not known any more keeps its deliveries', async () => {
  await using world = await createWorld();
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace, { dialect: 'forgotten' });
  await world.send(workspace);
  await world.live(3 * SECOND);
  expect(world.sent()).toEqual([]);
  expect(await countStatuses(world.arrange)).toEqual({ pending: 1 });
});
