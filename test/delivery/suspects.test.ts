import { expect, it } from 'vitest';
import { countStatuses, createWorld, type World } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const KILLER = 'https://killer.example.com/';

/** Ten healthy hooks and one whose request kills the thread that sends it. */
const addHooks = async (world: World) => {
  const workspace = await world.arrange.addWorkspace();
  for (let index = 0; index < 10; index += 1) await world.arrange.addHook(workspace);
  const killer = await world.arrange.addHook(workspace, { url: KILLER });
  return { workspace, killer };
};

it('a delivery that kills the sender thread is quarantined after its third death alone; the others are sent', async () => {
  await using world = await createWorld({
    script: ({ url }) => (url === KILLER ? 'die' : { status: 200, after_ms: 20 }),
  });
  const { workspace, killer } = await addHooks(world);
  await world.clock.until(world.send(workspace));
  await world.live(5 * MINUTE);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 10, failed: 1 });
  const [delivery] = await world.arrange.deliveries({ hook_id: killer });
  expect(delivery).toMatchObject({ failure_reason: 'quarantined', failures: 0 });
  const killing = world.transport.sentTo(KILLER).map(({ request }) => request.isolated);
  expect(killing).toEqual([false, true, true, true]);
  const attempts = await world.arrange.attempts(delivery!.id);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(Array<string>(4).fill('interrupted'));
  expect(await world.arrange.hook(killer)).toMatchObject({ status: 'active', consecutive_failures: 0 });
});

it('deliveries that were only beside the killer are sent alone once, and cleared by the answer', async () => {
  await using world = await createWorld({
    script: ({ url }) => (url === KILLER ? 'die' : { status: 200, after_ms: 20 }),
  });
  const { workspace } = await addHooks(world);
  await world.clock.until(world.send(workspace));
  await world.live(5 * MINUTE);
  const healthy = (await world.arrange.deliveries()).filter(({ status }) => status === 'succeeded');
  expect(healthy.map(({ suspicion }) => suspicion)).toEqual(Array<number>(10).fill(0));
  const others = world.transport.sent.filter(({ request }) => request.url !== KILLER);
  expect(others.filter(({ request }) => !request.isolated)).toHaveLength(10);
  expect(others.filter(({ request }) => request.isolated)).toHaveLength(10);
});

it('suspects are sent one at a time', async () => {
  let flying = 0;
  let peak = 0;
  await using world = await createWorld({
    script: ({ url, isolated }) => {
      if (url === KILLER && !isolated) return 'die';
      if (!isolated) return { status: 200, after_ms: 200 };
      flying += 1;
      peak = Math.max(peak, flying);
      world.clock.after(200, () => {
        flying -= 1;
      });
      return { status: 200, after_ms: 200 };
    },
  });
  const { workspace } = await addHooks(world);
  await world.clock.until(world.send(workspace));
  await world.live(MINUTE);
  expect(peak).toBe(1);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 11 });
});

it('a quarantined delivery can be retried manually, alone again', async () => {
  const receiver = { is_cured: false };
  await using world = await createWorld({
    script: ({ url }) => (url === KILLER && !receiver.is_cured ? 'die' : { status: 200, after_ms: 5 }),
  });
  const { workspace, killer } = await addHooks(world);
  await world.clock.until(world.send(workspace));
  await world.live(5 * MINUTE);
  const [delivery] = await world.arrange.deliveries({ hook_id: killer });
  await world.clock.until(world.loop.redeliver(workspace, delivery!.id));
  await world.live(SECOND);
  expect(await world.arrange.delivery(delivery!.id)).toMatchObject({ failure_reason: 'quarantined' });
  receiver.is_cured = true;
  const { attempt } = await world.clock.until(world.loop.redeliver(workspace, delivery!.id));
  expect(await world.clock.until(attempt)).toMatchObject({ outcome: { kind: 'succeeded' } });
  expect(await world.arrange.delivery(delivery!.id)).toMatchObject({ status: 'succeeded', suspicion: 0 });
  expect(world.transport.sentTo(KILLER).at(-1)!.request.isolated).toBe(true);
});

it('the end of the process raises no suspicion, however often it happens', async () => {
  const receiver = { hangs: true };
  await using world = await createWorld({ script: () => (receiver.hangs ? 'hang' : { status: 200 }) });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHook(workspace);
  await world.clock.until(world.send(workspace));
  for (let crash = 0; crash < 10; crash += 1) {
    await world.live(2 * SECOND);
    expect(world.transport.inFlight()).toBe(1);
    world.crash();
    await world.boot();
  }
  receiver.hangs = false;
  await world.live(10 * SECOND);
  expect(await world.arrange.deliveries()).toMatchObject([
    { status: 'succeeded', attempts: 11, failures: 0, suspicion: 0 },
  ]);
});
