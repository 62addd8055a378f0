import { expect } from 'vitest';
import { connect2print } from '../../../packages/server/src/dialects/connect2print.ts';
import type { ListedHook, NewHook } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, type Kit, NOW } from './kit.ts';

const RANGE = { since: NOW - 1_000, until: NOW + 1_000 };
const LATER = NOW + 60_000;

const ALL = { after: null, limit: 100, now: LATER };

const send = (kit: Kit, hook: ListedHook, slice: { after: string | null; limit: number } = ALL) =>
  kit.replay.sendMissed(hook, RANGE, { ...ALL, ...slice, newId: () => kit.idAt('dlv', LATER) });

const addEvent = async (
  kit: Kit,
  { workspace_id }: Pick<ListedHook, 'workspace_id'>,
  differences: Parameters<Kit['addEvent']>[1] = {},
) => {
  const created_at = differences.created_at ?? NOW;
  return (await kit.addEvent(workspace_id, { id: kit.idAt('evt', created_at), created_at, ...differences }))
    .id;
};

/** The events that a replay sends to a hook; a count before it returns their number. */
const missed = async (kit: Kit, hook: ListedHook) => {
  const counted = await kit.replay.countMissed(hook, RANGE);
  const { replayed } = await send(kit, hook);
  expect(replayed).toBe(counted);
  const deliveries = await kit.arrange.deliveries({ hook_id: hook.id });
  const sent = deliveries.filter(({ created_at }) => created_at === LATER);
  expect(sent).toHaveLength(replayed);
  return sent.map(({ event_id }) => event_id);
};

const selection = (check: Check): void => {
  check('a missed event gets a new delivery that is due at once', async (kit) => {
    const hook = await kit.hook({ tenant: '*' });
    const event_id = await addEvent(kit, hook, { tenant: 'cus_1', type: 'order.paid' });
    expect(await missed(kit, hook)).toEqual([event_id]);
    const [delivery] = await kit.arrange.deliveries();
    expect(delivery).toMatchObject({
      workspace_id: hook.workspace_id,
      tenant: 'cus_1',
      event_type: 'order.paid',
      trigger: 'scheduled',
      status: 'pending',
      next_attempt_at: LATER,
      attempts: 0,
      failures: 0,
      lease_token: 0,
      updated_at: LATER,
    });
    expect(await send(kit, hook)).toEqual({ replayed: 0, next: event_id });
    expect(await kit.replay.countMissed(hook, RANGE)).toBe(0);
    expect(await kit.arrange.countDeliveries()).toBe(1);
  });

  check('a missed event that is delayed is due at its time', async (kit) => {
    const hook = await kit.hook();
    await addEvent(kit, hook, { deliver_at: LATER + 7 });
    await addEvent(kit, hook, { deliver_at: LATER - 7 });
    await missed(kit, hook);
    const due = (await kit.arrange.deliveries()).map(({ next_attempt_at }) => next_attempt_at);
    expect(new Set(due)).toEqual(new Set([LATER, LATER + 7]));
  });

  check('an event with a delivery of any status was not missed', async (kit) => {
    const hook = await kit.hook();
    const other = await kit.addHook(hook.workspace_id);
    for (const status of ['succeeded', 'failed', 'canceled', 'pending'] as const) {
      await kit.addSent(hook, NOW, { status });
    }
    const { event_id } = await kit.addSent(other, NOW);
    expect(await missed(kit, hook)).toEqual([event_id]);
  });

  check('events of other times, types and workspaces, and addressed events, were not missed', async (kit) => {
    const hook = await kit.hook({ events: ['order.*'] });
    const { since, until } = RANGE;
    await addEvent(kit, hook, { created_at: since - 1 });
    const first = await addEvent(kit, hook, { created_at: since });
    const last = await addEvent(kit, hook, { created_at: until - 1 });
    await addEvent(kit, hook, { created_at: until });
    await addEvent(kit, hook, { type: 'invoice.paid' });
    await addEvent(kit, hook, { addressed: 1 });
    await addEvent(kit, await kit.hook());
    expect(await missed(kit, hook)).toEqual([first, last]);
  });

  check('an event whose fan-out is under way was not missed', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    const event_id = await addEvent(kit, hook);
    const rest = { workspace_id, event_id, position: 0, hook_ids: JSON.stringify([hook.id]) };
    await kit.db.insertInto('bellwire_fan_outs').values(rest).execute();
    expect(await missed(kit, hook)).toEqual([]);
    await kit.db.deleteFrom('bellwire_fan_outs').execute();
    expect(await missed(kit, hook)).toEqual([event_id]);
  });

  const served: readonly (readonly [NewHook['tenant'], readonly string[]])[] = [
    [null, ['none']],
    ['cus_1', ['cus_1']],
    ['*', ['none', 'cus_1', 'CUS_1']],
  ];
  for (const [tenant, expected] of served) {
    check(`a hook of ${tenant ?? 'no tenant'} missed the events of ${expected.join(', ')}`, async (kit) => {
      const hook = await kit.hook({ tenant });
      const names = new Map<string, string>();
      for (const owner of [null, 'cus_1', 'CUS_1']) {
        names.set(await addEvent(kit, hook, { tenant: owner }), owner ?? 'none');
      }
      expect((await missed(kit, hook)).map((id) => names.get(id))).toEqual(expected);
    });
  }

  check('a hook that is no longer active gets nothing, and the replay ends', async (kit) => {
    const hook = await kit.hook();
    await addEvent(kit, hook);
    await kit.hooks.update(hook.workspace_id, hook.id, { status: 'paused', updated_at: NOW });
    expect(await send(kit, hook)).toEqual({ replayed: 0, next: null });
    await kit.hooks.remove(hook.workspace_id, hook.id, NOW);
    expect(await send(kit, hook)).toEqual({ replayed: 0, next: null });
    expect(await kit.arrange.countDeliveries()).toBe(0);
  });
};

const wireIds = (check: Check): void => {
  check('a replay stores the wire id with which it sends the event', async (kit) => {
    const [one, two] = [await kit.hook({ dialect: 'connect2print' }), await kit.hook()];
    const event_id = await addEvent(kit, one);
    const plain = await addEvent(kit, two);
    await kit.db
      .insertInto('bellwire_wire_ids')
      .values({ workspace_id: two.workspace_id, wire_id: 'wh_kept', event_id: plain })
      .execute();
    for (const hook of [one, two, await kit.addHook(one.workspace_id, { dialect: 'connect2print' })]) {
      await send(kit, hook);
    }
    expect(await kit.db.selectFrom('bellwire_wire_ids').selectAll().orderBy('event_id').execute()).toEqual(
      [
        { workspace_id: one.workspace_id, wire_id: connect2print.wire_id?.(event_id), event_id },
        { workspace_id: two.workspace_id, wire_id: 'wh_kept', event_id: plain },
      ].toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1)),
    );
  });
};

const slices = (check: Check): void => {
  check('slices continue by event id, even when no event of a slice was missed', async (kit) => {
    const hook = await kit.hook({ events: ['order.*'] });
    const ids = [];
    for (const type of ['order.created', 'other', 'other', 'order.created', 'order.created']) {
      ids.push(await addEvent(kit, hook, { type }));
    }
    const seen = [];
    let after: string | null = null;
    do {
      const slice = await send(kit, hook, { after, limit: 1 });
      seen.push(slice.replayed);
      after = slice.next;
    } while (after !== null);
    expect(seen).toEqual([1, 0, 0, 1, 1, 0]);
    const sent = (await kit.arrange.deliveries()).map(({ event_id }) => event_id);
    expect(sent).toEqual([ids[0], ids[3], ids[4]]);
  });

  check('of two concurrent replays, one sends each event', async (kit) => {
    const hook = await kit.hook();
    for (let n = 0; n < 5; n += 1) await addEvent(kit, hook);
    const both = await Promise.all([send(kit, hook), send(kit, hook)]);
    expect(both.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(5);
    const events = (await kit.arrange.deliveries()).map(({ event_id }) => event_id);
    expect(new Set(events).size).toBe(5);
    expect(events).toHaveLength(5);
  });
};

export const sendMissed = (check: Check): void => {
  selection(check);
  wireIds(check);
  slices(check);
};
