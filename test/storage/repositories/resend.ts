import { expect } from 'vitest';
import type { ListedHook, ResendFilter } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, type Kit, NOW } from './kit.ts';

const LATER = NOW + 60_000;

const of = (
  { workspace_id, id }: Pick<ListedHook, 'workspace_id' | 'id'>,
  differences: Partial<ResendFilter> = {},
): ResendFilter => ({ workspace_id, hook_id: id, since: 0, until: NOW + 1_000, ...differences });

const ALL = { after: null, limit: 100, now: LATER };

/** Resends, and expects the number that a count before it returned. Returns the deliveries that are due. */
const resent = async (kit: Kit, filter: ResendFilter, status: 'held' | 'failed' = 'failed') => {
  const counted = await kit.replay.count(filter, status);
  const { replayed } = await kit.replay.resend(filter, status, ALL);
  expect(replayed).toBe(counted);
  const due = (await kit.arrange.deliveries()).filter(({ next_attempt_at }) => next_attempt_at === LATER);
  return due.map(({ id }) => id);
};

const FAILED = { status: 'failed', next_attempt_at: null } as const;

const selection = (check: Check): void => {
  for (const status of ['failed', 'held'] as const) {
    check(`a ${status} delivery that is resent starts its schedule again`, async (kit) => {
      const hook = await kit.hook();
      const counts = { attempts: 5, failures: 5, returns: 2, suspicion: 1 };
      const ended = { status, next_attempt_at: null, failure_reason: 'exhausted' } as const;
      const { id } = await kit.addSent(hook, NOW, { ...ended, ...counts });
      const other = await kit.addSent(hook, NOW, { status: status === 'held' ? 'failed' : 'held' });
      const before = await kit.arrange.delivery(id);
      expect(await resent(kit, of(hook), status)).toEqual([id]);
      expect(await kit.arrange.delivery(id)).toEqual({
        ...before,
        status: 'pending',
        next_attempt_at: LATER,
        failures: 0,
        returns: 0,
        suspicion: 1,
        failure_reason: null,
        updated_at: LATER,
      });
      expect(await kit.arrange.delivery(other.id)).toMatchObject({ updated_at: NOW });
      expect(await resent(kit, { ...of(hook), since: LATER, until: LATER + 1 }, status)).toEqual([id]);
    });
  }

  check('a delivery of a delayed event is not resent before its time', async (kit) => {
    const hook = await kit.hook();
    for (const [deliver_at, due] of [
      [LATER + 7, LATER + 7],
      [LATER - 7, LATER],
    ] as const) {
      const { id, event_id } = await kit.addSent(hook, NOW, { status: 'held', next_attempt_at: null });
      await kit.db.updateTable('bellwire_events').set({ deliver_at }).where('id', '=', event_id).execute();
      await kit.replay.resend(of(hook), 'held', ALL);
      expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'pending', next_attempt_at: due });
    }
  });

  check('a time range includes its start and excludes its end', async (kit) => {
    const hook = await kit.hook();
    const sent = [];
    for (const time of [NOW - 1, NOW, NOW + 9, NOW + 10]) sent.push(await kit.addSent(hook, time, FAILED));
    // A delivery of a replay is as old as its event, not as its id.
    const replayed = await kit.addDelivery(hook, {
      ...FAILED,
      id: kit.idAt('dlv', NOW + 999),
      event_id: sent[1]!.event_id,
      created_at: NOW + 999,
    });
    const range = { since: NOW, until: NOW + 10 };
    expect(await resent(kit, of(hook, range))).toEqual([sent[1]!.id, sent[2]!.id, replayed]);
  });

  check('only scheduled deliveries of this type, hook and workspace are resent', async (kit) => {
    const hook = await kit.hook();
    const one = await kit.addSent(hook, NOW, FAILED);
    for (const trigger of ['ping', 'test', 'validate'] as const) {
      await kit.addSent(hook, NOW, { ...FAILED, trigger });
    }
    await kit.addSent(hook, NOW, { ...FAILED, event_type: 'order.paid' });
    await kit.addSent(await kit.addHook(hook.workspace_id), NOW, FAILED);
    await kit.addSent(await kit.hook(), NOW, FAILED);
    expect(await resent(kit, of(hook, { event_type: 'order.created' }))).toEqual([one.id]);
    expect(await kit.replay.count(of(hook), 'failed')).toBe(1);
  });

  check('without a hook, the deliveries of all active hooks of the workspace are resent', async (kit) => {
    const hook = await kit.hook();
    const { workspace_id } = hook;
    const expected = [];
    for (const one of [hook, await kit.addHook(workspace_id)]) {
      expected.push((await kit.addSent(one, NOW, FAILED)).id);
    }
    const paused = await kit.addHook(workspace_id, { status: 'paused' });
    const removed = await kit.addHook(workspace_id);
    await kit.hooks.remove(workspace_id, removed.id, NOW);
    for (const one of [paused, removed, await kit.hook()]) await kit.addSent(one, NOW, FAILED);
    expect(await resent(kit, { ...of(hook), hook_id: null })).toEqual(expected);
  });

  check('nothing is resent to a hook that is not active', async (kit) => {
    const hook = await kit.hook({ status: 'disabled' });
    const { id } = await kit.addSent(hook, NOW, FAILED);
    expect(await kit.replay.resend(of(hook), 'failed', ALL)).toEqual({ replayed: 0, next: id });
    expect(await kit.arrange.delivery(id)).toMatchObject(FAILED);
  });
};

const slices = (check: Check): void => {
  check('slices continue by id, so that a delivery that fails again is not resent twice', async (kit) => {
    const hook = await kit.hook();
    const ids = [];
    for (let n = 0; n < 5; n += 1) ids.push((await kit.addSent(hook, NOW + n, FAILED)).id);
    const seen = [];
    let after: string | null = null;
    do {
      const slice = await kit.replay.resend(of(hook), 'failed', { ...ALL, limit: 2, after });
      seen.push(slice);
      after = slice.next;
      await kit.db.updateTable('bellwire_deliveries').set(FAILED).execute();
    } while (after !== null);
    expect(seen).toEqual([
      { replayed: 2, next: ids[1] },
      { replayed: 2, next: ids[3] },
      { replayed: 1, next: ids[4] },
      { replayed: 0, next: null },
    ]);
  });

  check('of two concurrent resends, one makes each delivery due', async (kit) => {
    const hook = await kit.hook();
    for (let n = 0; n < 5; n += 1) await kit.addSent(hook, NOW + n, FAILED);
    const both = await Promise.all([1, 2].map(() => kit.replay.resend(of(hook), 'failed', ALL)));
    expect(both.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(5);
  });
};

export const resend = (check: Check): void => {
  selection(check);
  slices(check);
};
