import { expect } from 'vitest';
import { type Check, ERROR, type Kit, LEASE_MS, NOW } from './kit.ts';

type Wants = Parameters<Kit['store']['claim']>[0]['wants'];

const claim = (kit: Kit, wants: Wants, now = NOW) =>
  kit.store.claim({ now, lease_until: now + LEASE_MS, wants });

const idsOf = (leased: readonly { readonly delivery: { readonly id: string } }[]) =>
  leased.map(({ delivery }) => delivery.id);

/** Which waiting deliveries a process may take, and that nobody else then has them. */
export const claiming = (check: Check): void => {
  check('a claim leases what is due and leaves what is not', async (kit) => {
    const pair = await kit.pair();
    const pending = await kit.pendingFor(pair, [NOW - 1, NOW, NOW + 1]);
    const leased = await claim(kit, [{ ...pair, limit: 10 }]);
    expect(idsOf(leased).toSorted()).toEqual(pending.slice(0, 2).toSorted());
    expect(await kit.arrange.delivery(pending[2]!)).toMatchObject({
      status: 'pending',
      next_attempt_at: NOW + 1,
    });
  });

  check('what a claim answers is what the rows hold, with the event as it was accepted', async (kit) => {
    const pair = await kit.pair({ tenant: '*' });
    const event = kit.event(pair.workspace_id, {
      tenant: 'cus_1',
      data: { text: 'ä\u0000𝄞', list: [1.5, null, { z: 1, a: 2 }] },
      previous_data: { was: true },
      occurred_at: NOW - 7,
    });
    await kit.commit({ events: [event], saturated: [pair.hook_id] });
    const [leased] = await claim(kit, [{ ...pair, limit: 10 }]);
    const stored = (await kit.store.events([leased!.delivery])).get(event.id)!;
    expect(stored).toEqual(kit.plain(event));
    expect(Object.keys(stored.data)).toEqual(['text', 'list']);
    const row = await kit.arrange.delivery(leased!.delivery.id);
    expect(row).toMatchObject({
      status: 'sending',
      next_attempt_at: null,
      lease_token: leased!.lease_token,
      lease_until: leased!.lease_until,
    });
    expect(leased!.delivery).toEqual({
      id: row.id,
      workspace_id: pair.workspace_id,
      tenant: 'cus_1',
      event_id: event.id,
      hook_id: pair.hook_id,
      trigger: 'scheduled',
      attempts: 0,
      failures: 0,
      returns: 0,
      suspicion: 0,
      resume: null,
    });
  });

  check('a claim takes those first that have been due longest, and no more than its limit', async (kit) => {
    const pair = await kit.pair();
    const [third, first, second] = await kit.pendingFor(pair, [NOW - 10, NOW - 30, NOW - 20]);
    const order = [];
    for (let round = 0; round < 4; round += 1) order.push(idsOf(await claim(kit, [{ ...pair, limit: 1 }])));
    expect(order).toEqual([[first], [second], [third], []]);
  });

  check('each hook has a limit of its own', async (kit) => {
    const one = await kit.pair();
    const two = { ...one, hook_id: await kit.arrange.addHook(one.workspace_id) };
    const three = await kit.pair();
    for (const hook of [one, two, three]) await kit.pendingFor(hook, [NOW, NOW, NOW]);
    const leased = await claim(kit, [
      { ...one, limit: 2 },
      { ...three, limit: 1 },
    ]);
    expect(Object.groupBy(leased, ({ delivery }) => delivery.hook_id)).toMatchObject({
      [one.hook_id]: { length: 2 },
      [three.hook_id]: { length: 1 },
    });
    expect(leased).toHaveLength(3);
  });

  check('two claims never lease the same delivery, one after the other or at once', async (kit) => {
    const pair = await kit.pair();
    const pending = await kit.pendingFor(pair, Array<number>(12).fill(NOW));
    const wants = [{ ...pair, limit: 5 }];
    const claims = await Promise.all([claim(kit, wants), claim(kit, wants), claim(kit, wants)]);
    expect(claims.flatMap(idsOf).toSorted()).toEqual(pending.toSorted());
    expect(await claim(kit, wants)).toEqual([]);
  });

  check('a hook that is not active, deleted or unknown is not claimed from', async (kit) => {
    for (const state of ['active', 'paused', 'disabled', 'unvalidated', 'deleted'] as const) {
      const pair = await kit.pair();
      await kit.pendingFor(pair, [NOW]);
      if (state === 'deleted') await kit.arrange.deleteHook(pair.hook_id);
      else await kit.arrange.setOnlyHookStatus(pair.hook_id, state);
      expect(await claim(kit, [{ ...pair, limit: 5 }])).toHaveLength(state === 'active' ? 1 : 0);
    }
    expect(await claim(kit, [{ hook_id: 'wh_unknown', workspace_id: 'ws_unknown', limit: 5 }])).toEqual([]);
  });

  check('a claim for many hooks in which one is gone serves the others', async (kit) => {
    const [gone, other] = [await kit.pair(), await kit.pair()];
    for (const hook of [gone, other]) await kit.pendingFor(hook, [NOW]);
    await kit.arrange.deleteHook(gone.hook_id);
    expect(
      await claim(kit, [
        { ...gone, limit: 5 },
        { ...other, limit: 5 },
      ]),
    ).toHaveLength(1);
  });

  check('dueHooks names each hook with something due once, and no other', async (kit) => {
    const workspaces = await Promise.all([1, 2, 3].map(() => kit.arrange.addWorkspace()));
    const due = [];
    for (let index = 0; index < 60; index += 1) {
      const workspace_id = workspaces[index % 3]!;
      const hook = { workspace_id, hook_id: await kit.arrange.addHook(workspace_id) };
      if (index % 4 === 0) await kit.pendingFor(hook, [NOW, NOW - 5, NOW + 5]);
      if (index % 4 === 1) await kit.pendingFor(hook, [NOW + 1]);
      if (index % 4 === 2) await kit.leaseFor(hook);
      if (index % 4 === 0) due.push(hook);
    }
    expect(await kit.due(NOW)).toEqual(due);
    expect(await kit.due(NOW + 1)).toHaveLength(30);
    expect(await kit.due(NOW - 6)).toEqual([]);
  });

  check('dueHooks walks in parts of a bounded length and skips nothing', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const hooks = [];
    for (let index = 0; index < 7; index += 1) {
      const hook = { workspace_id, hook_id: await kit.arrange.addHook(workspace_id) };
      await kit.pendingFor(hook, [index % 2 === 0 ? NOW : NOW + 1]);
      hooks.push(hook);
    }
    const parts = [];
    let after: string | null = null;
    do {
      const part: Awaited<ReturnType<Kit['store']['dueHooks']>> = await kit.store.dueHooks({
        now: NOW,
        after,
        limit: 3,
      });
      parts.push(part.hooks);
      after = part.next;
    } while (after !== null);
    expect(parts.map(({ length }) => length)).toEqual([2, 1, 1]);
    expect(parts.flat()).toEqual(hooks.filter((_, index) => index % 2 === 0));
  });

  check('a claimed delivery keeps its count of failures and moves on in its schedule', async (kit) => {
    const pair = await kit.pair();
    const first = await kit.leaseFor(pair);
    await kit.settle(kit.attempted(first, ERROR));
    const [second] = await claim(kit, [{ ...pair, limit: 1 }], NOW + 5_000);
    expect(second!.delivery).toMatchObject({ attempts: 1, failures: 1 });
    expect(await kit.settle(kit.attempted(second!, ERROR), NOW)).toMatchObject({
      status: 'pending',
      next_attempt_at: NOW + 60_000,
    });
    const [third] = await claim(kit, [{ ...pair, limit: 1 }], NOW + 60_000);
    expect(await kit.settle(kit.attempted(third!, ERROR))).toMatchObject({ status: 'failed' });
    expect(await kit.arrange.delivery(first.delivery.id)).toMatchObject({
      attempts: 3,
      failures: 3,
      failure_reason: 'exhausted',
    });
  });
};
