import { expect } from 'vitest';
import type { StatsCounter } from '../../../packages/server/src/core/attempt-stats.ts';
import { HOUR_MS, MINUTE_MS } from '../../../packages/server/src/core/stats-range.ts';
import type { StatsOf } from '../../../packages/server/src/ports/stats.ts';
import type { StatsKind } from '../../../packages/server/src/storage/schema.ts';
import { type Check, type Kit, NOW } from './kit.ts';

const HOUR = Math.floor(NOW / HOUR_MS) * HOUR_MS;

interface Added {
  readonly kind: StatsKind;
  readonly subject: string;
  readonly start: number;
  readonly width?: number;
  readonly counts: Partial<Record<StatsCounter, number>>;
}

const add = (kit: Kit, workspace_id: string, { counts, width = MINUTE_MS, ...row }: Added) =>
  kit.db
    .insertInto('bellwire_stats')
    .values({ width, workspace_id, ...row, ...counts })
    .execute();

const read = async (kit: Kit, of: StatsOf, [from, to, step_ms]: readonly [number, number, number]) =>
  [...(await kit.stats.counts(of, { from, to, step_ms }))]
    .toSorted(([left], [right]) => left - right)
    .map(([start, { succeeded, latency_3 }]) => [(start - HOUR) / MINUTE_MS, succeeded, latency_3]);

const counts = (check: Check): void => {
  check('the attempts of a subject are summed by step, from minutes and hours', async (kit) => {
    const [workspace_id, other] = await kit.addWorkspaces();
    const of = { kind: 'hook', workspace_id, hook_id: 'wh_1' } as const;
    const row = { kind: 'hook', subject: 'wh_1' } as const;
    for (const minute of [-61, -60, 0, 4, 5, 59, 60]) {
      const at = { ...row, start: HOUR + minute * MINUTE_MS };
      await add(kit, workspace_id, { ...at, counts: { succeeded: 1, latency_3: 2 } });
    }
    await add(kit, workspace_id, { ...row, width: HOUR_MS, start: HOUR, counts: { succeeded: 10 } });
    // Of others.
    const counted = { start: HOUR, counts: { succeeded: 100 } };
    await add(kit, workspace_id, { kind: 'hook', subject: 'wh_2', ...counted });
    await add(kit, workspace_id, { kind: 'tenant', subject: 'wh_1', ...counted });
    await add(kit, other, { ...row, ...counted });
    const end = HOUR + HOUR_MS;
    expect(await read(kit, of, [HOUR - HOUR_MS, end, HOUR_MS])).toEqual([
      [-60, 1, 2],
      [0, 14, 8],
    ]);
    expect(await read(kit, of, [HOUR + MINUTE_MS, end, MINUTE_MS])).toEqual([4, 5, 59].map((m) => [m, 1, 2]));
    expect(await read(kit, of, [HOUR + 5 * MINUTE_MS, end + HOUR_MS, 5 * MINUTE_MS])).toEqual(
      [5, 55, 60].map((minute) => [minute, 1, 2]),
    );
    expect(await read(kit, { kind: 'tenant', workspace_id, tenant: 'wh_1' }, [HOUR, end, HOUR_MS])).toEqual([
      [0, 100, 0],
    ]);
    expect(await read(kit, { kind: 'workspace', workspace_id }, [HOUR, end, HOUR_MS])).toEqual([]);
    expect(await read(kit, of, [HOUR + HOUR_MS, HOUR + 9_600 * HOUR_MS, HOUR_MS])).toEqual([[60, 1, 2]]);
    expect(await read(kit, of, [HOUR - 10 * HOUR_MS, HOUR - 9 * HOUR_MS, HOUR_MS])).toEqual([]);
  });
};

const state = (due: number, age: number) => ({ due, oldest_due_at: NOW - age, is_exact: true });

const oldestDue = (check: Check): void => {
  check('the longest due delivery of each workspace is found, without those for notices', async (kit) => {
    const hook = await kit.hook();
    const other = await kit.hook();
    const later = await kit.hook();
    const sibling = await kit.addHook(hook.workspace_id);
    const notices = await kit.addHook(hook.workspace_id, { events: ['a', 'bellwire.*'] });
    for (const at of [NOW - 100, NOW - 300, NOW + 100]) await kit.addDelivery(hook, { next_attempt_at: at });
    await kit.addDelivery(sibling, { next_attempt_at: NOW - 200 });
    await kit.addDelivery(notices, { next_attempt_at: NOW - 900 });
    await kit.addDelivery(other, { next_attempt_at: NOW });
    await kit.addDelivery(other, { status: 'succeeded', next_attempt_at: null });
    await kit.addDelivery(later, { next_attempt_at: NOW + 1 });
    expect(await kit.stats.oldestDue(NOW)).toEqual(
      new Map([
        [hook.workspace_id, NOW - 300],
        [other.workspace_id, NOW],
      ]),
    );
  });
};

const backlog = (check: Check): void => {
  check('the backlog is what is due, with its oldest, for a hook, a tenant and a workspace', async (kit) => {
    const [workspace_id, other] = await kit.addWorkspaces();
    const one = await kit.addHook(workspace_id, { tenant: 'cus_1' });
    const two = await kit.addHook(workspace_id, { tenant: 'cus_1' });
    const three = await kit.addHook(workspace_id);
    const ofOther = await kit.addHook(other);
    for (const [hook, age] of [
      [one, 5],
      [one, 0],
      [one, -1],
      [two, 9],
      [three, 20],
      [ofOther, 99],
    ] as const) {
      await kit.addDelivery(hook, { next_attempt_at: NOW - age });
    }
    await kit.addDelivery(one, { status: 'held', next_attempt_at: null });
    const of = (subject: StatsOf) => kit.stats.backlog(subject, NOW);
    expect(await of({ kind: 'hook', workspace_id, hook_id: one.id })).toEqual(state(2, 5));
    expect(await of({ kind: 'tenant', workspace_id, tenant: 'cus_1' })).toEqual(state(3, 9));
    expect(await of({ kind: 'workspace', workspace_id })).toEqual(state(4, 20));
    expect(await of({ kind: 'workspace', workspace_id: other })).toEqual(state(1, 99));
    expect(await of({ kind: 'tenant', workspace_id, tenant: 'cus_2' })).toEqual({
      due: 0,
      oldest_due_at: null,
      is_exact: true,
    });
  });

  check('a backlog of more deliveries than are counted is a lower bound', async (kit) => {
    const { workspace_id, id: hook_id } = await kit.hook();
    const row = { workspace_id, hook_id, event_id: 'evt_1' };
    const first = await kit.addDelivery({ workspace_id, id: hook_id });
    const shape = await kit.db
      .selectFrom('bellwire_deliveries')
      .selectAll()
      .where('id', '=', first)
      .executeTakeFirstOrThrow();
    for (let slice = 0; slice < 50; slice += 1) {
      const rows = Array.from({ length: 201 }, (_, n) => ({ ...shape, ...row, id: `dlv_${slice}_${n}` }));
      await kit.db.insertInto('bellwire_deliveries').values(rows).execute();
    }
    const expected = { due: 10_000, oldest_due_at: NOW, is_exact: false };
    expect(await kit.stats.backlog({ kind: 'hook', workspace_id, hook_id }, NOW)).toEqual(expected);
    expect(await kit.stats.backlog({ kind: 'workspace', workspace_id }, NOW)).toEqual(expected);
  });
};

export const statistics = (check: Check): void => {
  counts(check);
  backlog(check);
  oldestDue(check);
};
