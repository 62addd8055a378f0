import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';
import type { AttemptRow, DeliveryRow } from '../support/arrange.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const HOOKS = 3;

/** What can happen in the life of an installation. Numbers are taken modulo what exists. */
type Step =
  | { readonly kind: 'send'; readonly count: number; readonly narrow: boolean }
  | { readonly kind: 'pause' | 'activate' | 'delete' | 'redeliver' | 'ping'; readonly which: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'weather'; readonly to: 'well' | 'failing' | 'hanging' | 'gone' | 'mixed' }
  | { readonly kind: 'crash' | 'restart' };

const which = fc.nat({ max: 1_000 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send'),
      count: fc.integer({ min: 1, max: 12 }),
      narrow: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'activate'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('redeliver', 'ping'), which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('advance'),
      ms: fc.constantFrom(0, 5, 300, 2_000, 20_000, HOUR, 30 * HOUR),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('weather'),
      to: fc.constantFrom('well', 'failing', 'hanging', 'gone', 'mixed'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('crash', 'restart') }) },
);

interface Story {
  readonly world: World;
  readonly workspace: string;
  readonly hooks: readonly string[];
  readonly deleted: Set<string>;
  readonly weather: { now: string };
  /** By event, the hooks that it must go to. */
  readonly expected: Map<string, readonly string[]>;
}

const begin = async (seed: number): Promise<Story> => {
  const weather = { now: 'mixed' };
  const random = createSeededRandom(seed);
  const world = await createWorld({
    seed,
    limits: { hook_concurrency: 2, concurrency: 4 },
    script: () => {
      if (weather.now === 'hanging') return 'hang';
      if (weather.now === 'gone') return { status: random.roll() < 0.2 ? 410 : 500 };
      const fails = weather.now === 'failing' || (weather.now === 'mixed' && random.roll() < 0.5);
      return { status: fails ? 500 : 200, after_ms: Math.floor(random.roll() * 600) };
    },
  });
  const workspace = await world.arrange.addWorkspace();
  const hooks = [];
  for (let index = 0; index < HOOKS; index += 1) hooks.push(await world.arrange.addHook(workspace));
  return { world, workspace, hooks, deleted: new Set(), weather, expected: new Map() };
};

const send = async (story: Story, count: number, narrow: boolean): Promise<void> => {
  const living = story.hooks.filter((id) => !story.deleted.has(id));
  const targets = narrow ? living.slice(0, 1) : living;
  const accepted = Array.from({ length: count }, () =>
    story.world.send(story.workspace, narrow ? { hook_ids: targets } : {}),
  );
  for (const { id } of await story.world.clock.until(Promise.all(accepted))) story.expected.set(id, targets);
};

const redeliver = async ({ world, workspace }: Story, number: number): Promise<void> => {
  const deliveries = await world.arrange.deliveries();
  const chosen = deliveries[number % Math.max(1, deliveries.length)];
  if (chosen === undefined) return;
  const claimable = !['sending', 'canceled'].includes(chosen.status);
  const hook = await world.arrange.hook(chosen.hook_id);
  const redelivered = world.loop.redeliver(workspace, chosen.id);
  if (claimable && hook.deleted_at === null) await redelivered;
  else await expect(redelivered).rejects.toMatchObject({ status: 409 });
};

const ping = async (story: Story, hook_id: string): Promise<void> => {
  const single = { hook_id, tenant: null, trigger: 'ping', type: 'ping', data: {} } as const;
  const accepted = story.world.loop.accept.single(story.workspace, single);
  const { delivery_id } = await story.world.clock.until(accepted);
  const { event_id } = await story.world.arrange.delivery(delivery_id);
  story.expected.set(event_id, [hook_id]);
};

const take = async (story: Story, step: Step): Promise<void> => {
  const { world, hooks, deleted } = story;
  switch (step.kind) {
    case 'send':
      await send(story, step.count, step.narrow);
      return;
    case 'pause':
    case 'activate':
    case 'delete':
    case 'ping': {
      const hook = hooks[step.which % HOOKS]!;
      if (deleted.has(hook)) return;
      if (step.kind === 'ping') await ping(story, hook);
      else if (step.kind === 'delete') {
        deleted.add(hook);
        await world.arrange.deleteHook(hook);
      } else await world.arrange.setHookStatus(hook, step.kind === 'pause' ? 'paused' : 'active');
      return;
    }
    case 'redeliver':
      await redeliver(story, step.which);
      return;
    case 'advance':
      await world.live(step.ms);
      return;
    case 'weather':
      story.weather.now = step.to;
      return;
    case 'crash':
      world.crash();
      await world.boot();
      return;
    case 'restart':
      await world.stop();
      await world.boot();
  }
};

/** What must be true of a delivery and its attempts at any moment in which nothing is under way. */
const checkDelivery = (delivery: DeliveryRow, attempts: readonly AttemptRow[]): void => {
  expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, index) => index + 1));
  expect(delivery.attempts).toBe(attempts.length);
  expect(delivery.failures).toBeLessThanOrEqual(attempts.length);
  expect(delivery.next_attempt_at === null).toBe(delivery.status !== 'pending');
  expect(delivery.failure_reason === null).toBe(delivery.status !== 'failed');
  expect(delivery.lease_until === null && delivery.resume_status === null).toBe(true);
  const success = attempts.findIndex(({ outcome }) => outcome === 'succeeded');
  expect(delivery.status === 'succeeded').toBe(success !== -1);
  if (success === -1) return;
  for (const later of attempts.slice(success + 1)) expect(later.trigger).toBe('manual');
};

const checkAll = async ({ world, expected }: Story): Promise<void> => {
  const deliveries = await world.arrange.deliveries();
  const attempts = Map.groupBy(await world.arrange.attempts(), ({ delivery_id }) => delivery_id);
  const wanted = [...expected].flatMap(([event, hooks]) => hooks.map((hook) => `${event} ${hook}`));
  expect(deliveries.map(({ event_id, hook_id }) => `${event_id} ${hook_id}`).toSorted()).toEqual(
    wanted.toSorted(),
  );
  for (const delivery of deliveries) checkDelivery(delivery, attempts.get(delivery.id) ?? []);
  const pings = deliveries.filter(({ trigger }) => trigger === 'ping');
  for (const { id } of pings) {
    const own = (attempts.get(id) ?? []).filter(
      ({ trigger, outcome }) => trigger === 'ping' && outcome !== 'interrupted',
    );
    expect(own.length).toBeLessThanOrEqual(1);
  }
};

const liveThrough = async (seed: number, steps: readonly Step[]): Promise<Story> => {
  const story = await begin(seed);
  for (const step of steps) await take(story, step);
  return story;
};

it('whatever happens, every event × hook is in exactly one state with its whole story, and nothing is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (seed, steps) => {
      const story = await liveThrough(seed, steps);
      await using world = story.world;
      await world.stop();
      await checkAll(story);
      const statuses = new Set((await world.arrange.deliveries()).map(({ status }) => status));
      expect(statuses.has('sending')).toBe(false);
    }),
    { numRuns: 60, seed: 20_260_105 },
  );
}, 60_000);

it('once receivers are well and hooks switched on, whatever happened before, nothing stays pending', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (seed, steps) => {
      const story = await liveThrough(seed, steps);
      await using world = story.world;
      story.weather.now = 'well';
      for (const hook of story.hooks) {
        if (!story.deleted.has(hook)) await world.arrange.setHookStatus(hook, 'active');
      }
      await world.live(2 * 24 * HOUR);
      await checkAll(story);
      for (const { status } of await world.arrange.deliveries()) {
        expect(['succeeded', 'failed', 'held', 'canceled']).toContain(status);
      }
    }),
    { numRuns: 40, seed: 20_260_106 },
  );
}, 60_000);

it('one seed and history is lived the same twice', async () => {
  const steps = fc.sample(anyStep, { numRuns: 40, seed: 3 });
  const rows = async () => {
    const story = await liveThrough(5, steps);
    await using world = story.world;
    return [await world.arrange.deliveries(), await world.arrange.attempts()];
  };
  expect(await rows()).toEqual(await rows());
});
