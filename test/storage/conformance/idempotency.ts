import { expect } from 'vitest';
import { type Check, ERROR, GONE, type Kit, OK } from './kit.ts';

const keyed = (fingerprint: string) => ({ idempotency_key: 'key-1', fingerprint });

/** A settlement that no database can store: its time is not a number. */
const impossible = (settlement: ReturnType<Kit['attempted']>) => ({
  ...settlement,
  attempt: { ...settlement.attempt, started_at: Number.NaN },
});

const kindsOf = (results: readonly { readonly kind: string }[]) => results.map(({ kind }) => kind);

/** Idempotency keys, and the isolation of a refused item from the rest of its batch. */
export const idempotency = (check: Check): void => {
  check('a key returns its first event for the same body, and a conflict for another', async (kit) => {
    const { workspace_id } = await kit.pair();
    const { receipt } = await kit.stored(kit.event(workspace_id, keyed('a')));
    const accept = (fingerprint: string) => kit.accept(kit.event(workspace_id, keyed(fingerprint)));
    expect(await accept('a')).toEqual({ kind: 'repeated', receipt });
    expect(await accept('b')).toEqual({ kind: 'conflict', event_id: receipt.id });
    expect(await kit.arrange.events()).toHaveLength(1);
    expect(await kit.arrange.deliveries()).toHaveLength(1);
  });

  check('the same body without a key is another event', async (kit) => {
    const { workspace_id } = await kit.pair();
    for (const _ of [1, 2]) await kit.stored(kit.event(workspace_id));
    expect(await kit.arrange.deliveries()).toHaveLength(2);
  });

  check('two events with one key in the same batch store one event', async (kit) => {
    const { workspace_id } = await kit.pair();
    const events = ['a', 'a', 'b'].map((fingerprint) => kit.event(workspace_id, keyed(fingerprint)));
    const { accepted } = await kit.commit({ events });
    expect(kindsOf(accepted)).toEqual(['accepted', 'repeated', 'conflict']);
    expect(accepted[1]).toMatchObject({ receipt: { id: events[0]!.id } });
    expect(await kit.arrange.events()).toHaveLength(1);
    expect(await kit.arrange.deliveries()).toHaveLength(1);
  });

  check('another workspace’s key is another key', async (kit) => {
    const [one, two] = [await kit.pair(), await kit.pair()];
    const { accepted } = await kit.commit({
      events: [kit.event(one.workspace_id, keyed('a')), kit.event(two.workspace_id, keyed('b'))],
    });
    expect(kindsOf(accepted)).toEqual(['accepted', 'accepted']);
  });

  check('a key lives as long as its event', async (kit) => {
    const workspace = await kit.arrange.addWorkspace();
    const event = kit.event(workspace, keyed('a'));
    await kit.stored(event);
    expect(await kit.prune(event.created_at + 1)).toBe(1);
    await kit.stored(kit.event(workspace, keyed('b')));
  });

  check('a conflict, an unknown hook and a stale settlement do not affect their batch', async (kit) => {
    const pair = await kit.pair();
    const { workspace_id, hook_id } = pair;
    await kit.stored(kit.event(workspace_id, keyed('a')));
    const [good, stale] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    const { accepted, settled } = await kit.commit({
      events: [
        kit.event(workspace_id),
        kit.event(workspace_id, keyed('other')),
        kit.event(workspace_id, { hook_ids: ['wh_unknown'] }),
        kit.event(workspace_id, keyed('a')),
        kit.event(workspace_id),
      ],
      settlements: [
        { ...kit.attempted(stale, OK), lease_token: stale.lease_token + 1 },
        kit.attempted(good, OK),
      ],
    });
    expect(kindsOf(accepted)).toEqual(['accepted', 'conflict', 'unknown_hook', 'repeated', 'accepted']);
    expect(kindsOf(settled)).toEqual(['stale', 'settled']);
    expect(await kit.arrange.deliveries({ hook_id })).toHaveLength(5);
    expect(await kit.row(good)).toMatchObject({ status: 'succeeded' });
    expect(await kit.row(stale)).toMatchObject({ status: 'sending' });
  });

  check('an event that the database refuses fails alone, and its batch is stored', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    const bad = kit.event(pair.workspace_id, { created_at: Number.NaN });
    const { accepted, settled } = await kit.commit({
      events: [kit.event(pair.workspace_id), bad, kit.event(pair.workspace_id)],
      settlements: [kit.attempted(leased, OK)],
    });
    expect(kindsOf(accepted)).toEqual(['accepted', 'rejected', 'accepted']);
    expect(settled).toMatchObject([{ kind: 'settled', status: 'succeeded' }]);
    expect(await kit.arrange.events()).toHaveLength(3);
    expect(await kit.arrange.attempts()).toHaveLength(1);
  });

  check('a settlement that the database refuses fails alone, and its lease stays', async (kit) => {
    const pair = await kit.pair();
    const [bad, good] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    const event = kit.event(pair.workspace_id);
    const { accepted, settled } = await kit.commit({
      events: [event],
      settlements: [impossible(kit.attempted(bad, ERROR)), kit.attempted(good, OK)],
    });
    expect(kindsOf(settled)).toEqual(['rejected', 'settled']);
    expect(accepted).toMatchObject([{ kind: 'accepted', receipt: { id: event.id } }]);
    expect(await kit.row(bad)).toMatchObject({ status: 'sending', attempts: 0 });
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 0 });
    await kit.settle({ kind: 'unrecordable', delivery: bad.delivery, lease_token: bad.lease_token });
    expect(await kit.row(bad)).toMatchObject({ status: 'failed', failure_reason: 'unrecordable' });
  });

  check('a refused settlement is rolled back: the hook it would have disabled stays active', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    const gone = kit.attempted(leased, GONE);
    const { accepted } = await kit.commit({
      events: [kit.event(pair.workspace_id)],
      settlements: [impossible(gone)],
    });
    expect(accepted).toHaveProperty('0.leased.length', 1);
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({
      status: 'active',
      consecutive_failures: 0,
    });
    expect(await kit.hook(pair.hook_id)).toMatchObject({ status: 'active' });
    expect((await kit.stored(kit.event(pair.workspace_id))).leased).toHaveLength(1);
    await kit.settle(gone);
    expect(await kit.hook(pair.hook_id)).toMatchObject({ status: 'disabled' });
    expect((await kit.stored(kit.event(pair.workspace_id))).leased).toHaveLength(0);
  });
};
