import { expect, it } from 'vitest';
import { HalvesQueue } from '../../packages/server/src/delivery/halves-queue.ts';
import type { LeasedDelivery } from '../../packages/server/src/ports/store.ts';
import type { HookSetup } from '../support/arrange.ts';
import { createWorld, dataOf, type World } from '../support/world.ts';

const SECOND = 1_000;
const URL = 'https://recovered.example.com/';

type Kind = 'fresh' | 'newest' | 'oldest';

const leased = (kind: Kind, n: number, tenant: string | null = null): LeasedDelivery => ({
  delivery: {
    id: `${kind}_${n}`,
    workspace_id: 'ws_1',
    tenant,
    event_id: 'e',
    event_type: 'a',
    hook_id: 'wh_1',
    trigger: 'scheduled',
    attempts: 0,
    failures: 0,
    order_key: null,
    returns: 0,
    has_succeeded: false,
    suspicion: 0,
    resume: null,
  },
  event: null,
  is_backlog: kind !== 'fresh',
  is_newest: kind === 'newest',
  lease_token: 1,
  lease_until: 1e15,
});

const kindOf = ({ delivery }: LeasedDelivery): string => delivery.id.split('_')[0] ?? '';

it('while both wait, recent deliveries and the longest due ones alternate', () => {
  const queue = new HalvesQueue();
  for (let n = 0; n < 3; n += 1)
    for (const kind of ['oldest', 'newest'] as const) queue.push(leased(kind, n));
  queue.push(leased('fresh', 0));
  const taken = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(kindOf(next));
  expect(taken).toEqual(['fresh', 'oldest', 'newest', 'oldest', 'newest', 'oldest', 'newest']);
  expect(queue.size).toBe(0);
});

/** A hook that was down for long: `backlog` deliveries were due an hour ago. */
const recovered = async (setup: { readonly after_ms: number; readonly backlog: number } & HookSetup) => {
  const { after_ms, backlog, ...hook } = setup;
  const world = await createWorld({
    hooks: [{ url: URL, ...hook }],
    script: () => ({ status: 200, after_ms }),
  });
  const tenant = hook.tenant ?? null;
  const to = tenant === null ? world.hooks[0]! : { hook_id: world.hooks[0]!, tenant: 'cus_old' };
  await world.arrange.addBacklog(to, backlog, world.clock.now() - 3_600 * SECOND);
  await world.live(SECOND);
  return world;
};

/** Sends one event every `every_ms`, and returns how long each waited until it was sent. */
const waits = async (world: World, count: number, every_ms: number) => {
  const accepted_at: number[] = [];
  for (let number = 0; number < count; number += 1) {
    accepted_at.push(world.clock.now());
    const tenant = (await world.arrange.hook(world.hooks[0]!)).tenant === '*' ? 'cus_new' : undefined;
    await world.clock.until(world.send({ data: { fresh: number }, tenant }));
    await world.live(every_ms);
  }
  const sent_at = new Map(world.sent().map((one) => [dataOf(one)['fresh'], one.at] as const));
  return accepted_at.map((at, number) => (sent_at.get(number) ?? Infinity) - at).toSorted((a, b) => a - b);
};

it.each([
  { receiver: 'a fast receiver', after_ms: 20, backlog: 20_000, hook: {}, max_wait: 20 },
  // Its queue in memory is full, so fresh events pass through the store.
  { receiver: 'a slow receiver', after_ms: 400, backlog: 2_000, hook: {}, max_wait: 1_300 },
  { receiver: 'a hook of every tenant', after_ms: 20, backlog: 5_000, hook: { tenant: '*' }, max_wait: 60 },
])('fresh events to $receiver are sent at once while its backlog drains', async (setup) => {
  const { after_ms, backlog, hook, max_wait } = setup;
  await using world = await recovered({ after_ms, backlog, ...hook });
  const before = world.sent().length;
  const started = world.clock.now();
  const fresh = await waits(world, 40, after_ms * 3);
  const seconds = (world.clock.now() - started) / SECOND;
  expect(fresh[Math.floor(fresh.length * 0.99)]).toBeLessThanOrEqual(max_wait);
  // The fresh events need few of the slots: the backlog has all others.
  const possible = (8 / after_ms) * SECOND * seconds;
  expect(world.sent().length - before - fresh.length).toBeGreaterThan(possible * 0.7);
});

it('neither side starves when fresh events alone would use every slot', async () => {
  const after_ms = 100;
  await using world = await recovered({ after_ms, backlog: 3_000 });
  const before = world.sent().length;
  // 8 slots of 100 ms are 80 per second; 100 per second are accepted.
  for (let round = 0; round < 50; round += 1) {
    void Promise.all(world.offer(10, { type: 'order.created', data: { fresh: round } }));
    await world.live(SECOND / 10);
  }
  const sent = world.sent().slice(before);
  const fresh = sent.filter((one) => 'fresh' in dataOf(one)).length;
  expect(sent.length).toBeGreaterThan(5 * 80 * 0.8);
  expect(fresh / sent.length).toBeGreaterThan(0.4);
  expect(fresh / sent.length).toBeLessThan(0.6);
  await world.live(120 * SECOND);
  expect(await world.statuses()).toEqual({ succeeded: 3_500 });
});
