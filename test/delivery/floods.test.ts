import { expect, it } from 'vitest';
import type { HookSetup } from '../support/arrange.ts';
import { quantile } from '../support/quantile.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { createWorld, dataOf, type World } from '../support/world.ts';

const SECOND = 1_000;

/** The times from the sending of events to their requests, at URLs with this name, in the order of the requests. */
const waitsAt = (world: World, name: string): readonly { readonly at: number; readonly wait: number }[] =>
  world
    .sent()
    .filter(({ request, nth }) => nth === 1 && request.url.includes(`//${name}`))
    .map((sent) => ({ at: sent.at, wait: sent.at - Number(dataOf(sent)['sent_at']) }));

const p99 = (waits: readonly { readonly wait: number }[]): number =>
  quantile(
    waits.map(({ wait }) => wait),
    0.99,
  );

const ANSWER_MS = 5;
const answers = () => ({ status: 200, after_ms: ANSWER_MS });

const hooksOf = (name: string, count: number, setup: (n: number) => HookSetup): HookSetup[] =>
  Array.from({ length: count }, (_, n) => ({ url: `https://${name}-${n}.example.com/`, ...setup(n) }));

// The full form is `pnpm experiment I2`.
const FLOOD = Number(process.env['FLOOD_EVENTS'] ?? 4_000);

it(
  `a tenant that sends ${FLOOD} events at once delays the events of 99 others by at most half a second`,
  async () => {
    const others = hooksOf('other', 99, (n) => ({ tenant: `cus_${n}`, secret: null }));
    const flooded = hooksOf('flooded', 10, (n) => ({
      tenant: 'cus_flood',
      events: [`flood.${n}`],
      secret: null,
    }));
    await using world = await createWorld({
      hooks: [...others, ...flooded],
      // So slow that the flood lasts for seconds, and makes accepts wait.
      script: ({ url }) => ({ status: 200, after_ms: url.includes('flooded') ? 100 : ANSWER_MS }),
    });
    const flood = { accepted: 0, is_over: false };
    // Retried as a client does it.
    const dump = async (n: number): Promise<void> => {
      for (let is_stored = false; !is_stored;) {
        is_stored = await world
          .send({ tenant: 'cus_flood', type: `flood.${n % 10}` })
          .then(() => true)
          .catch(() => new Promise((resolve) => world.clock.after(SECOND, () => resolve(false))));
      }
      flood.accepted += 1;
    };
    const dumpAll = async (): Promise<void> => {
      await Promise.all(Array.from({ length: FLOOD }, (_, n) => dump(n)));
      flood.is_over = true;
    };
    const dumped = dumpAll();
    const { roll } = createSeededRandom(2);
    const sends: Promise<unknown>[] = [];
    let seconds = 0;
    while (!flood.is_over || seconds < 10) {
      seconds += 1;
      // Two events of each of the others in every second, at random moments.
      for (let slice = 0; slice < 10; slice += 1) {
        for (let n = 0; n < 99; n += 1) {
          if (roll() < 0.2)
            sends.push(world.send({ tenant: `cus_${n}`, data: { sent_at: world.clock.now() } }));
        }
        await world.clock.advance(SECOND / 10);
      }
      await world.clock.until(world.loop.sweep());
    }
    await world.clock.until(Promise.all([dumped, ...sends]));
    await world.live(5 * SECOND);
    const waits = waitsAt(world, 'other');
    expect(waits).toHaveLength(sends.length);
    expect(p99(waits)).toBeLessThanOrEqual(500);
    // In each second, the others receive all that they have sent, except what is still in flight.
    const [from] = world.sent();
    for (let second = 0; second < seconds - 1; second += 1) {
      const within = ({ at }: { readonly at: number }): boolean =>
        Math.floor((at - from!.at) / SECOND) === second;
      const sent = waits.filter(({ at, wait }) => within({ at: at - wait })).length;
      expect(waits.filter(within).length).toBeGreaterThanOrEqual(0.9 * sent);
    }
    expect(flood.accepted).toBe(FLOOD);
  },
  60_000 + FLOOD * 10,
);

// The full form is `pnpm experiment I5`.
const DUE = Number(process.env['DUE_RETRIES'] ?? 4_000);

/** The waits of fresh events for ten seconds from the start of a process with so many retries that are due. */
const freshBeside = async (due: number) => {
  const stale = hooksOf('stale', 100, () => ({ events: ['never'], secret: null }));
  const fresh = hooksOf('fresh', 20, (n) => ({ events: [`fresh.${n}`], secret: null }));
  await using world = await createWorld({ hooks: [...stale, ...fresh], script: answers });
  world.crash();
  for (const hook_id of world.hooks.slice(0, 100))
    await world.arrange.addBacklog(hook_id, due / 100, world.clock.now() - SECOND);
  await world.boot();
  const started = world.clock.until(world.loop.start());
  const sends: Promise<unknown>[] = [];
  for (let n = 0; n < 1_000; n += 1) {
    sends.push(world.send({ type: `fresh.${n % 20}`, data: { sent_at: world.clock.now() } }));
    await world.clock.advance(10);
    if (n % 100 === 0) await world.clock.until(world.loop.sweep());
  }
  await started;
  await world.clock.until(Promise.all(sends));
  await world.live(SECOND);
  const waits = waitsAt(world, 'fresh');
  expect(waits).toHaveLength(1_000);
  const retried = world.sent().filter(({ request }) => request.url.includes('stale')).length;
  return { p99: p99(waits), retried };
};

it(
  `${DUE} retries that are all due at the start leave fresh events as fast as without them`,
  async () => {
    const control = await freshBeside(0);
    const beside = await freshBeside(DUE);
    expect(beside.retried).toBeGreaterThanOrEqual(Math.min(DUE, 4_000));
    // Without load nothing waits; beside the retries, for no more than the answer to one of them.
    expect(beside.p99).toBeLessThanOrEqual(Math.max(ANSWER_MS, 2 * control.p99));
  },
  60_000 + DUE * 5,
);

// The full form is `pnpm experiment I9`.
const OVERLOADED_SECONDS = Number(process.env['OVERLOAD_SECONDS'] ?? 5);

it(
  'three times as many events as receivers can take: they get as many as they can, and refusals are immediate',
  async () => {
    const after_ms = 100;
    const limits = { hook_concurrency: 8, concurrency: 64 };
    // 64 slots of 100 ms each.
    const capacity = 640;
    const hooks = hooksOf('busy', 8, (n) => ({ events: [`busy.${n}`], secret: null }));
    await using world = await createWorld({ hooks, limits, script: () => ({ status: 200, after_ms }) });
    const refused: { readonly code: string; readonly wait: number }[] = [];
    const accepted: number[] = [];
    const peak = { waiting: 0, queued: 0 };
    let sent = 0;
    const send = (): Promise<void> => {
      const at = world.clock.now();
      return world.send({ type: `busy.${(sent += 1) % 8}`, data: { sent_at: at } }).then(
        () => void accepted.push(at),
        (error: { readonly code: string }) =>
          void refused.push({ code: error.code, wait: world.clock.now() - at }),
      );
    };
    const sends: Promise<void>[] = [];
    const offer = async (seconds: number, per_second: number): Promise<void> => {
      for (let slice = 0; slice < seconds * 50; slice += 1) {
        for (let n = 0; n < per_second / 50; n += 1) sends.push(send());
        await world.clock.advance(20);
        const { waiting_accepts, queued } = world.loop.gauges();
        peak.waiting = Math.max(peak.waiting, waiting_accepts);
        peak.queued = Math.max(peak.queued, queued);
        if (slice % 50 === 0) await world.clock.until(world.loop.sweep());
      }
    };
    const start = world.clock.now();
    await offer(OVERLOADED_SECONDS, 3 * capacity);
    const over = world.clock.now();
    const during = world.sent().filter(({ at }) => at >= start + SECOND && at < over).length;
    expect(during).toBeGreaterThanOrEqual(0.9 * capacity * (OVERLOADED_SECONDS - 1));
    // What waits is bounded, in the accepts as in memory.
    expect(peak.waiting).toBeLessThanOrEqual(2 * 4_096);
    expect(peak.queued).toBeLessThanOrEqual(8_192);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['overloaded']));
    expect(Math.max(...refused.map(({ wait }) => wait))).toBeLessThanOrEqual(100);
    // Back to normal within ten seconds.
    await world.live(10 * SECOND);
    const calm = world.clock.now();
    await offer(5, 150);
    await world.clock.until(Promise.all(sends));
    await world.live(SECOND);
    const later = waitsAt(world, 'busy').filter(({ at, wait }) => at - wait >= calm);
    expect(later).toHaveLength(5 * 150);
    expect(p99(later)).toBeLessThanOrEqual(50);
    expect(await world.statuses()).toEqual({ succeeded: accepted.length });
  },
  60_000 + OVERLOADED_SECONDS * 6_000,
);
