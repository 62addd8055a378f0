import { expect, it } from 'vitest';
import type { Script } from '../support/scripted-transport.ts';
import { createWorld } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const KILLER = 'https://killer.example.com/';
const WELL = 'https://well.example.com/';

/** Ten healthy hooks, and one whose request kills the sender thread. */
const withKiller = async (script: Script) => {
  const healthy = Array.from({ length: 10 }, () => ({}));
  const world = await createWorld({ script, hooks: [{ url: KILLER }, ...healthy] });
  await world.sendMany(1);
  return { world, killer: world.hooks[0]! };
};

it('a delivery that kills the sender thread is quarantined after its third death alone; the others are sent', async () => {
  const { world, killer } = await withKiller(({ url }) =>
    url === KILLER ? 'die' : { status: 200, after_ms: 20 },
  );
  await using _ = world;
  await world.live(5 * MINUTE);
  expect(await world.statuses()).toEqual({ succeeded: 10, failed: 1 });
  const [delivery] = await world.arrange.deliveries({ hook_id: killer });
  expect(delivery).toMatchObject({ failure_reason: 'quarantined', failures: 0 });
  const killing = world.transport.sentTo(KILLER).map(({ request }) => request.isolated);
  expect(killing).toEqual([false, true, true, true]);
  const attempts = await world.arrange.attempts(delivery!.id);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(Array<string>(4).fill('interrupted'));
  expect(await world.arrange.hook(killer)).toMatchObject({ status: 'active', consecutive_failures: 0 });

  // The others were sent alone once, and their success clears the suspicion.
  const healthy = (await world.arrange.deliveries()).filter(({ status }) => status === 'succeeded');
  expect(healthy.map(({ suspicion }) => suspicion)).toEqual(Array<number>(10).fill(0));
  const others = world.transport.sent.filter(({ request }) => request.url !== KILLER);
  const isolated = others.filter(({ request }) => request.isolated);
  expect([isolated.length, others.length]).toEqual([10, 20]);
});

it('suspects are sent one at a time', async () => {
  let [alone, peak] = [0, 0];
  const { world } = await withKiller(({ url, isolated }) => {
    if (url === KILLER && !isolated) return 'die';
    if (isolated) {
      alone += 1;
      peak = Math.max(peak, alone);
      world.clock.after(200, () => (alone -= 1));
    }
    return { status: 200, after_ms: 200 };
  });
  await using _ = world;
  await world.live(MINUTE);
  expect(peak).toBe(1);
  expect(await world.statuses()).toEqual({ succeeded: 11 });
});

it('a quarantined delivery can be retried manually, and is sent alone again', async () => {
  const receiver = { is_cured: false };
  const { world, killer } = await withKiller(({ url }) =>
    url === KILLER && !receiver.is_cured ? 'die' : { status: 200, after_ms: 5 },
  );
  await using _ = world;
  await world.live(5 * MINUTE);
  const { id } = (await world.arrange.deliveries({ hook_id: killer }))[0]!;
  await world.redeliver(id);
  await world.live(SECOND);
  expect(await world.arrange.delivery(id)).toMatchObject({ failure_reason: 'quarantined' });
  receiver.is_cured = true;
  const { attempt } = await world.redeliver(id);
  expect(await world.clock.until(attempt)).toMatchObject({ outcome: { kind: 'succeeded' } });
  expect(await world.arrange.delivery(id)).toMatchObject({ status: 'succeeded', suspicion: 0 });
  expect(world.transport.sentTo(KILLER).at(-1)!.request.isolated).toBe(true);
});

it('the end of the process raises no suspicion, however often it happens', async () => {
  const receiver = { hangs: true };
  await using world = await createWorld({ script: () => (receiver.hangs ? 'hang' : { status: 200 }) });
  await world.sendMany(1);
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

/** Receivers that hang and one whose first request kills the thread, in a workspace beside that of a healthy one. */
const hangingSuspects = async (hanging: number, well: { readonly after_ms?: number } = {}) => {
  let dies = true;
  const world = await createWorld({
    limits: { hook_concurrency: 8, concurrency: 1024 },
    hooks: [{ url: KILLER }],
    script: ({ url }, nth) => {
      if (url === WELL) return { status: 200, ...(nth === 1 ? well : {}) };
      if (url !== KILLER || !dies) return 'hang';
      dies = false;
      return 'die';
    },
  });
  await world.arrange.addHooks(world.workspace, hanging);
  return { world, healthy: await world.addWorkspace([{ url: WELL }]) };
};

it('hanging suspects do not delay accepts of other workspaces', async () => {
  const { world, healthy } = await hangingSuspects(400);
  await using _ = world;
  await world.sendMany(1);
  await world.live(5 * SECOND);
  const start = world.clock.now();
  await world.sendMany(1, {}, healthy);
  expect(world.clock.now() - start).toBeLessThan(2 * SECOND);
});

it('a suspect of a healthy workspace does not wait behind the hanging suspects of another', async () => {
  const { world, healthy } = await hangingSuspects(100, { after_ms: 100 });
  await using _ = world;
  await world.clock.until(Promise.all([world.send(), world.send({}, healthy)]));
  await world.live(120 * SECOND);
  const deliveries = (await world.arrange.deliveries()).filter(
    ({ workspace_id }) => workspace_id === healthy,
  );
  expect(deliveries).toMatchObject([{ status: 'succeeded' }]);
});
