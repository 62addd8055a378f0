import { expect, it } from 'vitest';
import { createWorld, countStatuses } from '../support/world.ts';

it('a stop with suspects, manual, fan-outs and accepts queued returns and loses nothing', async () => {
  let dies = true;
  await using world = await createWorld({
    script: (_, nth) => {
      if (!dies || nth > 1) return { status: 200, after_ms: 500 };
      dies = false;
      return 'die';
    },
    limits: { hook_concurrency: 2, concurrency: 16 },
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHooks(workspace, 700);
  await world.clock.until(world.send(workspace));
  await world.live(3_000);
  const some = (await world.arrange.deliveries()).filter(({ status }) => status !== 'sending').slice(0, 3);
  const manual = await Promise.all(
    some.map(({ id }) => world.clock.until(world.loop.redeliver(workspace, id))),
  );
  await world.stop();
  const ended = await Promise.race([
    Promise.all(manual.map(({ attempt }) => attempt)).then(() => 'ended'),
    new Promise((r) => setTimeout(r, 300, 'never')),
  ]);
  expect(ended).toBe('ended');
  expect(world.loop.gauges()).toEqual({ in_flight: 0, queued: 0, waiting_accepts: 0 });
  expect((await countStatuses(world.arrange))['sending']).toBeUndefined();
});

it('clock jumps of hours, both ways, under load: each delivery ends once', async () => {
  await using world = await createWorld({
    script: (_, nth) => (nth === 1 ? { status: 500, after_ms: 400 } : { status: 200, after_ms: 400 }),
    retry_delays_ms: [0, 5_000],
  });
  const workspace = await world.arrange.addWorkspace();
  await world.arrange.addHooks(workspace, 60);
  for (let n = 0; n < 6; n += 1) {
    await world.clock.until(world.send(workspace));
    await world.clock.advance(200);
    world.clock.jump(n % 2 === 0 ? 7_200_000 : -7_200_000);
    await world.clock.until(world.loop.sweep());
  }
  await world.live(4 * 3_600_000);
  expect(await countStatuses(world.arrange)).toEqual({ succeeded: 360 });
  expect(world.sent()).toHaveLength(720);
});
