import { expect, it } from 'vitest';
import { quantile } from '../support/quantile.ts';
import { createWorld } from '../support/world.ts';

const SECOND = 1_000;
const SYNC_MS = 50;

it('with commits of 50 ms, accepts for one hook wait for a few of them, although it cannot send as fast', async () => {
  const disk = { wait: () => Promise.resolve() };
  await using world = await createWorld({
    script: () => ({ status: 200, after_ms: 1 }),
    wrapStore: (store) => ({
      commitBatch: async (batch) => {
        const result = await store.commitBatch(batch);
        await disk.wait();
        return result;
      },
    }),
  });
  disk.wait = () => new Promise((resolve) => void world.clock.after(SYNC_MS, resolve));
  const waits: number[] = [];
  const accepted: Promise<void>[] = [];
  const send = async (): Promise<void> => {
    const at = world.clock.now();
    await world.send({ data: { at } });
    waits.push(world.clock.now() - at);
  };
  for (let n = 0; n < 10 * 200; n += 1) {
    accepted.push(send());
    await world.clock.advance(5);
    if (n % 200 === 0) void world.loop.sweep();
  }
  await world.clock.until(Promise.all(accepted));
  expect(quantile(waits, 0.99)).toBeLessThanOrEqual(4 * SYNC_MS);
  await world.live(60 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 2_000 });
});
