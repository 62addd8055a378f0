import { it } from 'vitest';
import { createWorld } from '../support/engine-world.ts';
it('starvation in the sweep', async () => {
  const s = { down: true };
  await using world = await createWorld({
    script: () => (s.down ? { status: 503, after_ms: 5 } : { status: 200, after_ms: 200 }),
    retry_delays_ms: [0, 60_000, 60_000, 60_000],
    limits: { hook_concurrency: 8, concurrency: 256 },
  });
  const ws = await world.arrange.addWorkspace();
  const urls = Array.from({ length: 300 }, (_, i) => `https://h-${i}.example.com/`);
  for (const url of urls) await world.arrange.addHook(ws, { url });
  await world.clock.until(Promise.all(Array.from({ length: 100 }, () => world.send(ws))));
  await world.live(50_000);
  console.log(world.engine.gauges(), world.sent().length);
  s.down = false;
  const before = world.sent().length;
  for (let i = 0; i < 12; i++) {
    await world.live(5_000);
    const later = world.sent().slice(before);
    console.log(
      i * 5,
      'hooks served',
      new Set(later.map((x) => x.request.url)).size,
      later.length,
      world.engine.gauges(),
    );
  }
}, 100_000);
it('hanging wave', async () => {
  await using world = await createWorld({
    script: (r) => (r.url.includes('ill') ? 'hang' : { status: 200, after_ms: 5 }),
  });
  const ws = await world.arrange.addWorkspace();
  const other = await world.arrange.addWorkspace();
  for (let i = 0; i < 40; i++) await world.arrange.addHook(ws, { url: `https://ill-${i}.example.com/` });
  await world.arrange.addHook(other, { url: 'https://well.example.com/' });
  await world.clock.until(Promise.all(Array.from({ length: 8 }, () => world.send(ws))));
  const waits: number[] = [];
  for (let i = 0; i < 400; i++) {
    const t = world.clock.now();
    const n = world.transport.sentTo('https://well.example.com/').length;
    await world.clock.until(world.send(other));
    let w = 0;
    while (world.transport.sentTo('https://well.example.com/').length === n && w < 40_000) {
      await world.live(50);
      w += 50;
    }
    waits.push(world.clock.now() - t);
    await world.live(1_000);
  }
  console.log(
    waits
      .map((w, i) => [i, w])
      .filter(([, w]) => w! > 100)
      .join(' | '),
  );
}, 100_000);
