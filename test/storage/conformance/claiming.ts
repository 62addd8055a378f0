import { expect } from 'vitest';
import { type Check, ERROR, type Kit, NOW } from './kit.ts';

const idsOf = (leased: readonly { readonly delivery: { readonly id: string } }[]) =>
  leased.map(({ delivery }) => delivery.id);

/** Adds a hook to a workspace. */
const addPair = async (kit: Kit, workspace_id: string) => ({
  workspace_id,
  hook_id: await kit.arrange.addHook(workspace_id),
});

/** Leases of pending deliveries, which one process at a time holds. */
export const claiming = (check: Check): void => {
  check('a claim leases what is due and leaves what is not', async (kit) => {
    const pair = await kit.pair();
    const pending = await kit.pendingFor(pair, [NOW - 1, NOW, NOW + 1]);
    const leased = await kit.claim([{ ...pair, limit: 10 }]);
    expect(idsOf(leased).toSorted()).toEqual(pending.slice(0, 2).toSorted());
    const later = { status: 'pending', next_attempt_at: NOW + 1 };
    expect(await kit.arrange.delivery(pending[2]!)).toMatchObject(later);
  });

  check('a claim returns the rows, with the event as it was accepted', async (kit) => {
    const pair = await kit.pair({ tenant: '*' });
    const { workspace_id, hook_id } = pair;
    const event = kit.event(workspace_id, {
      tenant: 'cus_1',
      data: { text: 'ä\u0000𝄞', list: [1.5, null, { z: 1, a: 2 }] },
      previous_data: { was: true },
      occurred_at: NOW - 7,
    });
    await kit.commit({ events: [event], saturated: [hook_id] });
    const [leased] = await kit.claim([{ ...pair, limit: 10 }]);
    const { id, tenant, type, data, previous_data, occurred_at, created_at } = event;
    const stored = (await kit.store.events([leased!.delivery])).get(id)!;
    expect(stored).toEqual({ id, workspace_id, tenant, type, data, previous_data, occurred_at, created_at });
    expect(Object.keys(stored.data)).toEqual(['text', 'list']);
    const row = await kit.row(leased!);
    const { lease_token, lease_until } = leased!;
    expect(row).toMatchObject({ status: 'sending', next_attempt_at: null, lease_token, lease_until });
    expect(leased!.delivery).toEqual({
      id: row.id,
      workspace_id,
      tenant,
      event_id: id,
      event_type: row.event_type,
      hook_id,
      trigger: 'scheduled',
      attempts: 0,
      failures: 0,
      returns: 0,
      has_succeeded: false,
      suspicion: 0,
      order_key: null,
      resume: null,
    });
  });

  check('a claim leases the longest overdue first, and no more than its limit', async (kit) => {
    const pair = await kit.pair();
    const [third, first, second] = await kit.pendingFor(pair, [NOW - 10, NOW - 30, NOW - 20]);
    const order = [];
    for (let round = 0; round < 4; round += 1) order.push(idsOf(await kit.claim([{ ...pair, limit: 1 }])));
    expect(order).toEqual([[first], [second], [third], []]);
  });

  check(
    'half of a claim are the longest overdue, and half the newest that were not attempted yet',
    async (kit) => {
      const pair = await kit.pair();
      const due = [60, 50, 40, 30, 20, 10].map((ago) => NOW - ago);
      const [a, b, c, d, e, f] = await kit.pendingFor(pair, [...due, NOW + 1]);
      const claim = async (limit: number) => {
        const leased = await kit.claim([{ ...pair, limit }]);
        return [new Set(idsOf(leased)), idsOf(leased.filter(({ is_newest }) => is_newest === true))];
      };
      expect(await claim(3)).toEqual([new Set([a, b, f]), [f]]);
      expect(await claim(10)).toEqual([new Set([c, d, e]), []]);
    },
  );

  check('each hook has its own limit', async (kit) => {
    const one = await kit.pair();
    const two = await addPair(kit, one.workspace_id);
    const three = await kit.pair();
    for (const hook of [one, two, three]) await kit.pendingFor(hook, [NOW, NOW, NOW]);
    const leased = await kit.claim([
      { ...one, limit: 2 },
      { ...three, limit: 1 },
    ]);
    expect(leased.map(({ delivery }) => delivery.hook_id).toSorted()).toEqual(
      [one.hook_id, one.hook_id, three.hook_id].toSorted(),
    );
  });

  check('claims never lease the same delivery, one after the other or at once', async (kit) => {
    const pair = await kit.pair();
    const pending = await kit.pendingFor(pair, Array<number>(12).fill(NOW));
    const wants = [{ ...pair, limit: 5 }];
    const claims = await Promise.all([kit.claim(wants), kit.claim(wants), kit.claim(wants)]);
    expect(claims.flatMap(idsOf).toSorted()).toEqual(pending.toSorted());
    expect(await kit.claim(wants)).toEqual([]);
  });

  check('a claim skips hooks that are not active, deleted or unknown, and serves the others', async (kit) => {
    const active = await kit.pair();
    await kit.pendingFor(active, [NOW]);
    const wants = [{ hook_id: 'wh_unknown', workspace_id: 'ws_unknown', limit: 5 }];
    for (const state of ['paused', 'disabled', 'unvalidated', 'deleted'] as const) {
      const pair = await kit.pair();
      await kit.pendingFor(pair, [NOW]);
      if (state === 'deleted') await kit.arrange.deleteHook(pair.hook_id);
      else await kit.arrange.setOnlyHookStatus(pair.hook_id, state);
      wants.push({ ...pair, limit: 5 });
    }
    const leased = await kit.claim([...wants, { ...active, limit: 5 }]);
    expect(leased).toMatchObject([{ delivery: { hook_id: active.hook_id } }]);
  });

  check('dueHooks names each hook with a due delivery once, and no other', async (kit) => {
    const workspaces = await Promise.all([1, 2, 3].map(() => kit.arrange.addWorkspace()));
    const due = [];
    for (let index = 0; index < 60; index += 1) {
      const hook = await addPair(kit, workspaces[index % 3]!);
      if (index % 4 === 0) {
        await kit.pendingFor(hook, [NOW, NOW - 5, NOW + 5]);
        due.push(hook);
      }
      if (index % 4 === 1) await kit.pendingFor(hook, [NOW + 1]);
      if (index % 4 === 2) await kit.leaseFor(hook);
    }
    expect(await kit.due(NOW)).toEqual(due);
    expect(await kit.due(NOW + 1)).toHaveLength(30);
    expect(await kit.due(NOW - 6)).toEqual([]);
  });

  check('dueHooks names the tenant of a hook', async (kit) => {
    const [one, every] = [await kit.pair({ tenant: 'cus_1' }), await kit.pair({ tenant: '*' })];
    for (const pair of [one, every]) await kit.pendingFor(pair, [NOW], { tenant: 'cus_1' });
    const { hooks } = await kit.store.dueHooks({ now: NOW, after: null, limit: 10 });
    expect(hooks.map(({ tenant }) => tenant)).toEqual(['cus_1', '*']);
  });

  check(
    'a claim of a hook for every tenant has deliveries of each, however old those of one are',
    async (kit) => {
      const pair = await kit.pair({ tenant: '*' });
      const old = Array.from({ length: 20 }, (_, n) => NOW - 1_000 - n);
      await kit.pendingFor(pair, old, { tenant: 'cus_1' });
      for (let n = 2; n < 6; n += 1) await kit.pendingFor(pair, [NOW - n, NOW + 1], { tenant: `cus_${n}` });
      await kit.pendingFor(pair, [NOW + 1], { tenant: 'cus_6' });
      const tenantsOf = async () =>
        (await kit.claim([{ ...pair, limit: 6 }])).map(({ delivery }) => delivery.tenant);
      const claims = [await tenantsOf(), await tenantsOf()];
      expect(new Set(claims.flat())).toEqual(new Set(['cus_1', 'cus_2', 'cus_3', 'cus_4', 'cus_5']));
      expect(claims.map(({ length }) => length)).toEqual([6, 6]);
      expect(await kit.claim([{ ...pair, limit: 100 }])).toHaveLength(24 - 12);
      expect(await kit.claim([{ ...pair, limit: 100 }])).toEqual([]);
    },
  );

  check('dueHooks returns pages of a bounded length and skips nothing', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const hooks = [];
    for (let index = 0; index < 7; index += 1) {
      const hook = await addPair(kit, workspace_id);
      await kit.pendingFor(hook, [index % 2 === 0 ? NOW : NOW + 1]);
      hooks.push({ ...hook, tenant: null });
    }
    const pages = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<Kit['store']['dueHooks']>> = await kit.store.dueHooks({
        now: NOW,
        after,
        limit: 3,
      });
      pages.push(page.hooks);
      after = page.next;
    } while (after !== null);
    expect(pages.map(({ length }) => length)).toEqual([2, 1, 1]);
    expect(pages.flat()).toEqual(hooks.filter((_, index) => index % 2 === 0));
  });

  check('a claimed delivery keeps its count of failures and moves on in its schedule', async (kit) => {
    const pair = await kit.pair();
    const wants = [{ ...pair, limit: 1 }];
    const first = await kit.leaseFor(pair);
    await kit.end(first, ERROR);
    const [second] = await kit.claim(wants, NOW + 5_000);
    expect(second!.delivery).toMatchObject({ attempts: 1, failures: 1 });
    const due = { status: 'pending', next_attempt_at: NOW + 60_000 };
    expect(await kit.end(second!, ERROR)).toMatchObject(due);
    const [third] = await kit.claim(wants, NOW + 60_000);
    expect(await kit.end(third!, ERROR)).toMatchObject({ status: 'failed' });
    const failed = { attempts: 3, failures: 3, failure_reason: 'exhausted' };
    expect(await kit.row(first)).toMatchObject(failed);
  });
};
