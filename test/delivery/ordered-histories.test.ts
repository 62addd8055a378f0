import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createOrderedWorld, ORDER_HOOKS, type OrderedWorld } from '../support/ordered-world.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** The full form is `pnpm experiment R10`. */
const RUNS = Number(process.env['ORDERED_HISTORIES'] ?? 25);

const WEATHERS = ['well', 'failing', 'hanging', 'mixed', 'mixed'] as const;
type Weather = (typeof WEATHERS)[number];

type HookStep =
  | { readonly kind: 'pause' | 'activate' | 'ping' | 'cancel'; readonly which: number }
  | { readonly kind: 'recover'; readonly which: number; readonly finished: boolean }
  | { readonly kind: 'switch'; readonly which: number; readonly to: 0 | 1 | 2 };

type Step =
  | HookStep
  | { readonly kind: 'send'; readonly keys: readonly string[] }
  | { readonly kind: 'redeliver' | 'skip'; readonly which: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'weather'; readonly to: Weather }
  | { readonly kind: 'crash' | 'restart' };

const which = fc.nat({ max: 1_000 });
const keys = fc.array(fc.constantFrom('a', 'a', 'b', 'c'), { minLength: 1, maxLength: 8 });
const waits = fc.constantFrom(0, 5, 300, 2_000, 20_000, HOUR, 30 * HOUR, 200 * HOUR);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send'), keys }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('advance'), ms: waits }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'activate'), which }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('redeliver', 'ping', 'skip'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('recover'), which, finished: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('switch'), which, to: fc.constantFrom(0, 1, 2) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('weather'), to: fc.constantFrom(...WEATHERS) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('crash', 'restart') }) },
);

const ORDERS = [{ ordered: 0, order_key: null }, ...ORDER_HOOKS] as const;

const onDelivery = async ({ world, skip }: OrderedWorld, kind: 'redeliver' | 'skip', number: number) => {
  const all = await world.arrange.deliveries();
  const chosen = all[number % Math.max(1, all.length)];
  if (chosen === undefined) return;
  if (kind === 'skip') await skip(chosen.id);
  else if (!['sending', 'canceled'].includes(chosen.status)) await world.redeliver(chosen.id);
};

const onHook = async ({ world, run, switchOrder }: OrderedWorld, step: HookStep): Promise<void> => {
  const hook_id = world.hooks[step.which % world.hooks.length]!;
  const { status } = await world.arrange.hook(hook_id);
  switch (step.kind) {
    case 'pause':
    case 'activate':
      return world.arrange.setHookStatus(hook_id, step.kind === 'pause' ? 'paused' : 'active');
    case 'ping': {
      const single = { hook_id, tenant: null, trigger: 'ping', type: 'ping', data: {} } as const;
      await world.clock.until(world.loop.accept.single(world.workspace, single));
      return;
    }
    case 'cancel':
      return run('cancel', hook_id, ['pending', 'held']);
    case 'recover':
      if (status === 'active') {
        await run('recover', hook_id, step.finished ? ['failed', 'succeeded'] : ['held', 'pending']);
      }
      return;
    case 'switch': {
      const { ordered = 0, order_key = null } = ORDERS[step.to] ?? {};
      return switchOrder(hook_id, { ordered, order_key });
    }
  }
};

const take = async (ordered: OrderedWorld, step: Step, weather: { now: Weather }): Promise<void> => {
  const { world } = ordered;
  switch (step.kind) {
    case 'send':
      return ordered.send(step.keys);
    case 'advance':
      return world.live(step.ms);
    case 'weather':
      weather.now = step.to;
      return;
    case 'crash':
    case 'restart':
      await (step.kind === 'crash' ? world.crash() : world.stop());
      return world.boot();
    case 'redeliver':
    case 'skip':
      return onDelivery(ordered, step.kind, step.which);
    case 'pause':
    case 'activate':
    case 'ping':
    case 'cancel':
    case 'recover':
    case 'switch':
      return onHook(ordered, step);
  }
};

it('after any history, no event is sent before an earlier one of its key has left the order, and no key stays blocked', async () => {
  const total = { in_order: 0, outside: 0 };
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (seed, steps) => {
      const weather: { now: Weather } = { now: 'mixed' };
      const random = createSeededRandom(seed);
      const ordered = await createOrderedWorld({
        seed,
        answer: () => {
          if (weather.now === 'hanging') return 'hang';
          const fails = weather.now === 'failing' || (weather.now === 'mixed' && random.roll() < 0.4);
          return { status: fails ? 500 : 200, after_ms: Math.floor(random.roll() * 600) };
        },
      });
      await using world = ordered.world;
      for (const step of steps) await take(ordered, step, weather);
      weather.now = 'well';
      await world.live(HOUR);
      for (const hook of world.hooks) {
        await world.arrange.setHookStatus(hook, 'active');
        await ordered.run('recover', hook, ['failed', 'held', 'pending']);
      }
      await world.live(30 * 24 * HOUR);
      expect(ordered.watch.violations).toEqual([]);
      const rows = await world.arrange.deliveries();
      const open = rows.filter(({ status }) => !['succeeded', 'failed', 'canceled'].includes(status));
      expect(open).toEqual([]);
      expect(rows.filter(({ order_key }) => order_key !== null)).toEqual([]);
      total.in_order += ordered.watch.counts.in_order;
      total.outside += ordered.watch.counts.outside;
    }),
    { numRuns: RUNS, seed: 20_260_312 },
  );
  // Without these, the rest would hold for a server that sends nothing in order.
  expect(total.in_order).toBeGreaterThan(RUNS * 10);
  expect(total.outside).toBeGreaterThan(RUNS);
}, 240_000);
