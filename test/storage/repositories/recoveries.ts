import { expect } from 'vitest';
import { connect2print } from '../../../packages/server/src/dialects/connect2print.ts';
import {
  addTallies,
  EMPTY_TALLY,
  firstPhase,
  type RecoveryFilter,
  type RecoveryKind,
} from '../../../packages/server/src/core/recovery.ts';
import type { CountPosition, Recovery } from '../../../packages/server/src/ports/recoveries.ts';
import type { ListedHook, NewHook } from '../../../packages/server/src/ports/repositories.ts';
import {
  applySlice,
  selectSlice,
} from '../../../packages/server/src/storage/repositories/covered-deliveries.ts';
import { type Check, type Kit, NOW } from './kit.ts';

const LATER = NOW + 60_000;

const filterOf = (fields: Partial<RecoveryFilter> = {}): RecoveryFilter => ({
  delivery_ids: null,
  hook_id: null,
  tenant: null,
  event_type: null,
  outcome: null,
  since: 0,
  until: NOW + 1_000,
  statuses: ['failed', 'held', 'pending'],
  ...fields,
});

interface Work {
  readonly kind?: RecoveryKind;
  readonly limit?: number;
  /** Runs after each slice. */
  readonly between?: () => Promise<unknown>;
}

type Wanted = Partial<RecoveryFilter> & Work & { readonly workspace_id: string };

const create = (kit: Kit, wanted: Wanted) => {
  const { workspace_id, kind = 'recover', limit: _, between: __, ...filter } = wanted;
  const job = { workspace_id, kind, owner: null, created_at: NOW };
  return kit.recoveries.create({ id: kit.ids('rcv'), filter: filterOf(filter), ...job });
};

const advance = async (kit: Kit, { workspace_id, id }: Recovery, limit = 100): Promise<Recovery> => {
  const newId = () => kit.idAt('dlv', LATER);
  await kit.recoveries.advance({ workspace_id, id }, { limit, now: LATER, newId });
  return (await kit.recoveries.get(workspace_id, id))!;
};

/** Runs a job to its end. A count before it has the same result. */
export const recover = async (kit: Kit, wanted: Wanted): Promise<Recovery> => {
  const { workspace_id, kind = 'recover', limit, between, ...fields } = wanted;
  const filter = filterOf(fields);
  let counted = EMPTY_TALLY;
  const start: CountPosition = { phase: firstPhase(filter.statuses), after: null };
  for (let from: CountPosition | null = start; from !== null;) {
    const slice = await kit.recoveries.count(workspace_id, filter, { kind, from, now: LATER });
    counted = addTallies(counted, slice.tally);
    from = slice.next;
  }
  let job = await create(kit, wanted);
  while (job.status === 'running') {
    job = await advance(kit, job, limit);
    await between?.();
  }
  if (between === undefined) expect(job.tally).toEqual(counted);
  return job;
};

const changedIds = async (kit: Kit): Promise<readonly string[]> =>
  (await kit.arrange.deliveries()).filter(({ updated_at }) => updated_at === LATER).map(({ id }) => id);

const FAILED = { status: 'failed', next_attempt_at: null } as const;
const RECOVERED = {
  status: 'pending',
  trigger: 'recovery',
  next_attempt_at: LATER,
  failures: 0,
  returns: 0,
  failure_reason: null,
  updated_at: LATER,
} as const;

const effects = (check: Check): void => {
  for (const status of ['failed', 'held', 'pending', 'succeeded'] as const) {
    check(`a ${status} delivery that is recovered is due at once with its whole schedule`, async (kit) => {
      const hook = await kit.hook();
      const counts = { attempts: 5, failures: 5, returns: 2, suspicion: 1 };
      const next_attempt_at = status === 'pending' ? LATER + 3_600_000 : null;
      const state = { status, next_attempt_at, ...counts } as const;
      const { id } = await kit.addSent(hook, NOW, state);
      await kit.addSent(hook, NOW, { status: 'canceled' });
      const before = await kit.arrange.delivery(id);
      const { tally } = await recover(kit, { workspace_id: hook.workspace_id, statuses: [status] });
      expect(tally).toMatchObject({ counts: { [status]: 1 }, oldest: NOW, newest: NOW });
      expect(await changedIds(kit)).toEqual([id]);
      const has_succeeded = status === 'succeeded' ? 1 : 0;
      expect(await kit.arrange.delivery(id)).toEqual({ ...before, ...RECOVERED, has_succeeded });
    });
  }

  check('a delivery that is due already keeps its place before the others', async (kit) => {
    const hook = await kit.hook();
    const { id } = await kit.addSent(hook, NOW, { next_attempt_at: NOW });
    await recover(kit, { workspace_id: hook.workspace_id });
    expect(await kit.arrange.delivery(id)).toMatchObject({ ...RECOVERED, next_attempt_at: NOW });
  });

  check('a delayed event is not sent early', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    await kit.addSent(hook, NOW, { next_attempt_at: LATER + 1 });
    expect((await recover(kit, { workspace_id })).tally).toEqual(EMPTY_TALLY);
    expect((await recover(kit, { workspace_id, kind: 'cancel' })).tally.counts.pending).toBe(1);
  });

  check('a held delivery of a delayed event is due at its time', async (kit) => {
    const hook = await kit.hook();
    for (const [deliver_at, due] of [
      [LATER + 7, LATER + 7],
      [LATER - 7, LATER],
    ] as const) {
      const { id, event_id } = await kit.addSent(hook, NOW, { status: 'held', next_attempt_at: null });
      await kit.db.updateTable('bellwire_events').set({ deliver_at }).where('id', '=', event_id).execute();
      await recover(kit, { workspace_id: hook.workspace_id, statuses: ['held'] });
      expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'pending', next_attempt_at: due });
    }
  });

  check('a cancellation ends pending and held deliveries, also of inactive hooks', async (kit) => {
    const hook = await kit.hook({ status: 'paused' });
    const { workspace_id } = hook;
    const held = await kit.addSent(hook, NOW, { status: 'held', next_attempt_at: null });
    const pending = await kit.addSent(await kit.addHook(workspace_id), NOW);
    const again = await kit.addSent(hook, NOW, { has_succeeded: 1 });
    await kit.addSent(hook, NOW, FAILED);
    const statuses = ['pending', 'held'] as const;
    const { tally } = await recover(kit, { workspace_id, statuses, kind: 'cancel' });
    expect(tally.counts).toMatchObject({ pending: 2, held: 1 });
    for (const { id } of [held, pending]) {
      expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'canceled', next_attempt_at: null });
      expect(await kit.arrange.delivery(id)).toMatchObject({ failure_reason: 'by_user' });
    }
    expect(await kit.arrange.delivery(again.id)).toMatchObject({ status: 'succeeded' });
  });
};

const addEvent = async (
  kit: Kit,
  { workspace_id }: Pick<ListedHook, 'workspace_id'>,
  differences: Parameters<Kit['addEvent']>[1] = {},
) => {
  const created_at = differences.created_at ?? NOW;
  return (await kit.addEvent(workspace_id, { id: kit.idAt('evt', created_at), created_at, ...differences }))
    .id;
};

const selection = (check: Check): void => {
  check('a time range includes its start and excludes its end', async (kit) => {
    const hook = await kit.hook();
    const sent = [];
    for (const time of [NOW - 1, NOW, NOW + 9, NOW + 10]) sent.push(await kit.addSent(hook, time, FAILED));
    await recover(kit, { workspace_id: hook.workspace_id, since: NOW, until: NOW + 10 });
    expect(await changedIds(kit)).toEqual([sent[1]!.id, sent[2]!.id]);
  });

  check('each field of the filter restricts the recovery', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    const filter = { hook_id: hook.id, tenant: 'a', event_type: 'order.paid', outcome: 'timeout' } as const;
    const wanted = { ...FAILED, tenant: 'a', event_type: 'order.paid', attempts: 1 } as const;
    const add = async (of: ListedHook, row: object, last_outcome: 'timeout' | 'http_status') =>
      (await kit.addSent(of, NOW, { ...wanted, ...row, last_outcome })).id;
    const id = await add(hook, {}, 'timeout');
    await add(hook, {}, 'http_status');
    await add(hook, { tenant: 'b' }, 'timeout');
    await add(hook, { event_type: 'order.created' }, 'timeout');
    await add(await kit.addHook(workspace_id), {}, 'timeout');
    for (const trigger of ['ping', 'test', 'validate']) await add(hook, { trigger }, 'timeout');
    await kit.addSent(await kit.hook(), NOW, FAILED);
    expect((await recover(kit, { workspace_id, ...filter })).tally.counts.failed).toBe(1);
    expect(await changedIds(kit)).toEqual([id]);
    const page = { limit: 10, after: null };
    const listed = await kit.deliveries.list(
      workspace_id,
      { hook_id: hook.id, outcome: 'http_status' },
      page,
    );
    expect(listed.data).toHaveLength(1);
  });

  check('deliveries by id are recovered whatever their age', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    const one = await kit.addSent(hook, NOW - 90 * 86_400_000, FAILED);
    await kit.addSent(hook, NOW, FAILED);
    const foreign = await kit.addSent(await kit.hook(), NOW, FAILED);
    expect(await kit.recoveries.checkDeliveries(workspace_id, [one.id, foreign.id])).toEqual({
      unknown: foreign.id,
      payload_expired: null,
    });
    await recover(kit, { workspace_id, delivery_ids: [one.id, foreign.id] });
    expect(await changedIds(kit)).toEqual([one.id]);
  });

  check('deliveries of hooks that are not active are skipped and counted', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    const expected = [];
    for (const one of [hook, await kit.addHook(workspace_id)]) {
      expected.push((await kit.addSent(one, NOW, FAILED)).id);
    }
    const removed = await kit.addHook(workspace_id);
    await kit.hooks.remove(workspace_id, removed.id, NOW);
    for (const one of [await kit.addHook(workspace_id, { status: 'paused' }), removed]) {
      await kit.addSent(one, NOW, FAILED);
    }
    const { tally } = await recover(kit, { workspace_id });
    expect(tally).toMatchObject({ counts: { failed: 2 }, skipped: { hook_not_active: 2, changed: 0 } });
    expect(await changedIds(kit)).toEqual(expected);
  });

  check('deliveries and missed events without payload are skipped and counted', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    const gone = await kit.addSent(hook, NOW, FAILED);
    const kept = await kit.addSent(hook, NOW, FAILED);
    const unsent = await addEvent(kit, hook);
    const expired = kit.db.updateTable('bellwire_events').set({ payload_expired_at: NOW, data: null });
    await expired.where('id', 'in', [gone.event_id, unsent]).execute();
    const filter = { workspace_id, hook_id: hook.id, statuses: ['failed', 'missed'] } as const;
    const { tally } = await recover(kit, filter);
    expect(tally).toMatchObject({ counts: { failed: 1, missed: 0 }, skipped: { payload_expired: 2 } });
    expect(await changedIds(kit)).toEqual([kept.id]);
    const checked = await kit.recoveries.checkDeliveries(workspace_id, [kept.id, gone.id]);
    expect(checked).toEqual({ unknown: null, payload_expired: gone.id });
  });
};

/** The events of which a recovery creates deliveries. */
const missed = async (kit: Kit, hook: ListedHook, fields: Partial<RecoveryFilter> = {}) => {
  const filter = { hook_id: hook.id, statuses: ['missed'], ...fields } as const;
  const { tally } = await recover(kit, { workspace_id: hook.workspace_id, ...filter });
  const created = await kit.arrange.deliveries({ hook_id: hook.id });
  const sent = created.filter(({ created_at }) => created_at === LATER);
  expect(sent.length).toBeGreaterThanOrEqual(tally.counts.missed);
  return sent.slice(sent.length - tally.counts.missed).map(({ event_id }) => event_id);
};

const missedEvents = (check: Check): void => {
  check('a missed event gets a new delivery that is due at once', async (kit) => {
    const hook = await kit.hook({ tenant: '*' });
    const event_id = await addEvent(kit, hook, { tenant: 'cus_1', type: 'order.paid' });
    expect(await missed(kit, hook)).toEqual([event_id]);
    const [delivery] = await kit.arrange.deliveries();
    expect(delivery).toMatchObject({ ...RECOVERED, tenant: 'cus_1', event_type: 'order.paid', attempts: 0 });
    expect(await missed(kit, hook, { until: LATER + 1 })).toEqual([]);
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

  check(
    'events from before the hook, of other types and workspaces, and addressed ones, were not missed',
    async (kit) => {
      const hook = await kit.hook({ events: ['order.*'] });
      await addEvent(kit, hook, { created_at: NOW - 1 });
      const first = await addEvent(kit, hook, { created_at: NOW });
      const last = await addEvent(kit, hook, { created_at: NOW + 999 });
      await addEvent(kit, hook, { created_at: NOW + 1_000 });
      await addEvent(kit, hook, { type: 'invoice.paid' });
      await addEvent(kit, hook, { addressed: 1 });
      await addEvent(kit, await kit.hook());
      expect(await missed(kit, hook)).toEqual([first, last]);
    },
  );

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

  check('a hook that is no longer active gets nothing, and the job ends', async (kit) => {
    const hook = await kit.hook();
    await addEvent(kit, hook);
    await kit.hooks.update(hook.workspace_id, hook.id, { status: 'paused', updated_at: NOW });
    const job = await create(kit, {
      workspace_id: hook.workspace_id,
      hook_id: hook.id,
      statuses: ['missed'],
    });
    expect(await advance(kit, job)).toMatchObject({
      status: 'completed',
      tally: { skipped: { hook_not_active: 1 } },
    });
    expect(await kit.arrange.countDeliveries()).toBe(0);
  });

  check('a missed event is stored with the wire id with which it is sent', async (kit) => {
    const hook = await kit.hook({ dialect: 'connect2print' });
    const event_id = await addEvent(kit, hook);
    await missed(kit, hook);
    expect(await kit.db.selectFrom('bellwire_wire_ids').selectAll().execute()).toEqual([
      { workspace_id: hook.workspace_id, wire_id: connect2print.wire_id?.(event_id), event_id },
    ]);
  });
};

const slices = (check: Check): void => {
  check('a delivery that fails again meanwhile is not sent twice by the same job', async (kit) => {
    const hook = await kit.hook();
    for (let n = 0; n < 5; n += 1) await kit.addSent(hook, NOW + n, FAILED);
    const failAll = () => kit.db.updateTable('bellwire_deliveries').set(FAILED).execute();
    const { tally } = await recover(kit, { workspace_id: hook.workspace_id, limit: 2, between: failAll });
    expect(tally.counts.failed).toBe(5);
  });

  check('a hook that is paused between the read and the write of a slice gets nothing', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    const { id } = await kit.addSent(hook, NOW, FAILED);
    const job = { workspace_id, kind: 'recover', filter: filterOf(), after: null, now: LATER } as const;
    const { deliveries } = await selectSlice(kit.db, { ...job, limit: 10 });
    expect(deliveries).toHaveLength(1);
    await kit.hooks.update(workspace_id, hook.id, { status: 'paused', updated_at: NOW });
    const tally = await kit.db.transaction().execute((trx) => applySlice(trx, job, deliveries));
    expect(tally).toMatchObject({ counts: { failed: 0 }, skipped: { changed: 1 } });
    expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'failed' });
  });

  check('of two concurrent steps of a job, one covers each delivery', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    for (let n = 0; n < 5; n += 1) await kit.addSent(hook, NOW + n, FAILED);
    await addEvent(kit, hook);
    const filter = { hook_id: hook.id, statuses: ['failed', 'missed'] } as const;
    const job = await create(kit, { workspace_id, ...filter });
    for (let step = 0; step < 12; step += 1) await Promise.all([advance(kit, job, 2), advance(kit, job, 2)]);
    expect(await kit.recoveries.get(workspace_id, job.id)).toMatchObject({
      status: 'completed',
      tally: { counts: { failed: 5, missed: 1 }, skipped: { changed: 0 } },
    });
    expect(await kit.arrange.countDeliveries()).toBe(6);
  });

  check('jobs are chosen in turn by workspace, however many one of them has', async (kit) => {
    const [one, two] = [await kit.hook(), await kit.hook()];
    for (const { workspace_id } of [one, one, one, two]) await create(kit, { workspace_id });
    const first = (await kit.recoveries.next(''))!.workspace_id;
    const second = (await kit.recoveries.next(first))!.workspace_id;
    const third = (await kit.recoveries.next(second))!.workspace_id;
    expect([first !== second, third]).toEqual([true, first]);
  });

  check('progress follows the age of what was covered; the longest waiting job is next', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    for (const age of [0, 250, 500, 750]) await kit.addSent(hook, NOW + age, FAILED);
    const job = await create(kit, { workspace_id, since: NOW });
    expect(await kit.recoveries.next('')).toEqual({ workspace_id, id: job.id });
    expect((await advance(kit, job, 3)).progress).toBe(0.5);
    const other = await create(kit, { workspace_id, kind: 'cancel' });
    expect(await kit.recoveries.next('')).toEqual({ workspace_id, id: other.id });
    expect(await kit.recoveries.cancel(workspace_id, other.id, LATER)).toBe('canceled');
    expect((await advance(kit, job)).status).toBe('completed');
    expect(await kit.recoveries.next('')).toBe(null);
    const { data } = await kit.recoveries.list(workspace_id, {}, { limit: 10, after: null });
    expect(data.map(({ id, status }) => [id, status])).toEqual([
      [other.id, 'canceled'],
      [job.id, 'completed'],
    ]);
  });

  check('a canceled job changes nothing more, and an ended one stays as it is', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    for (let n = 0; n < 4; n += 1) await kit.addSent(hook, NOW + n, FAILED);
    const job = await create(kit, { workspace_id });
    await advance(kit, job, 1);
    expect(await kit.recoveries.cancel(workspace_id, job.id, LATER)).toBe('canceled');
    expect(await kit.recoveries.cancel(workspace_id, job.id, LATER)).toBe('ended');
    expect(await advance(kit, job)).toMatchObject({ status: 'canceled', tally: { counts: { failed: 1 } } });
    expect(await changedIds(kit)).toHaveLength(1);
    expect(await kit.recoveries.cancel(workspace_id, 'rcv_none', LATER)).toBe(null);
    await kit.recoveries.prune(LATER);
    expect(await kit.recoveries.get(workspace_id, job.id)).not.toBe(null);
    await kit.recoveries.prune(LATER + 1);
    expect(await kit.recoveries.get(workspace_id, job.id)).toBe(null);
  });
};

export const recoveries = (check: Check): void => {
  effects(check);
  selection(check);
  missedEvents(check);
  slices(check);
};
