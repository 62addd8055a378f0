import { expect, it } from 'vitest';
import { createWorld } from '../support/world.ts';

for (const extra_hops of [0, 1, 2, 3, 5, 8]) {
  it(`a manual retry right behind the commit that ends the attempt before it ends, when the answer takes ${extra_hops} turns`, async () => {
    const state: { redeliver: (() => void) | null } = { redeliver: null };
    await using world = await createWorld({
      script: (_, nth) => (nth === 1 ? { status: 500, after_ms: 10 } : { status: 200, after_ms: 10 }),
      wrapStore: (store) =>
        new Proxy(store, {
          get: (verbs, name) =>
            name === 'commitBatch'
              ? async (batch: { settlements: readonly unknown[] }) => {
                  const result = verbs.commitBatch(batch as never);
                  if (batch.settlements.length > 0) {
                    state.redeliver?.();
                    state.redeliver = null;
                  }
                  // A store over a network: its answers have no order.
                  const answer = await result;
                  for (let n = 0; n < extra_hops; n += 1) await Promise.resolve();
                  return answer;
                }
              : Reflect.get(verbs, name),
        }),
    });
    const workspace = await world.arrange.addWorkspace();
    await world.arrange.addHook(workspace);
    await world.clock.until(world.send(workspace));
    const [delivery] = await world.arrange.deliveries();
    let manual: Promise<unknown> = Promise.resolve();
    state.redeliver = () => {
      manual = world.loop.redeliver(workspace, delivery!.id).then(({ attempt }) => attempt);
    };
    await world.live(1_000);
    const attempt = await Promise.race([
      manual.catch((error: Error) => error.message),
      new Promise((r) => setTimeout(r, 200, 'never')),
    ]);
    expect.soft(world.loop.gauges().in_flight).toBe(0);
    expect.soft(attempt).toMatchObject({ outcome: { kind: 'succeeded' } });
  });
}
