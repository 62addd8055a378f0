import { expect } from 'vitest';
import type { Check } from './kit.ts';

const keyed = (fingerprint: string) => ({ idempotency_key: 'key-1', fingerprint });

/** What an idempotency key promises, and that one bad item does not harm its neighbours. */
export const idempotency = (check: Check): void => {
  check('the same key and body again answers the first event and stores nothing', async (kit) => {
    const { workspace_id } = await kit.pair();
    const first = await kit.stored(kit.event(workspace_id, keyed('a')));
    expect(await kit.accept(kit.event(workspace_id, keyed('a')))).toEqual({
      kind: 'repeated',
      receipt: first.receipt,
    });
    expect(await kit.arrange.events()).toHaveLength(1);
    expect(await kit.arrange.deliveries()).toHaveLength(1);
  });

  check('the same body without a key is another event', async (kit) => {
    const { workspace_id } = await kit.pair();
    await kit.stored(kit.event(workspace_id));
    await kit.stored(kit.event(workspace_id));
    expect(await kit.arrange.deliveries()).toHaveLength(2);
  });

  check('the same key with another body is a conflict that names the first event', async (kit) => {
    const { workspace_id } = await kit.pair();
    const first = await kit.stored(kit.event(workspace_id, keyed('a')));
    expect(await kit.accept(kit.event(workspace_id, keyed('b')))).toEqual({
      kind: 'conflict',
      event_id: first.receipt.id,
    });
    expect(await kit.arrange.events()).toHaveLength(1);
  });

  check('two with one key in the same turn store one event', async (kit) => {
    const { workspace_id } = await kit.pair();
    const events = ['a', 'a', 'b'].map((fingerprint) => kit.event(workspace_id, keyed(fingerprint)));
    const { accepted } = await kit.commit({ events });
    expect(accepted.map(({ kind }) => kind)).toEqual(['accepted', 'repeated', 'conflict']);
    expect(accepted[1]).toMatchObject({ receipt: { id: events[0]!.id } });
    expect(await kit.arrange.events()).toHaveLength(1);
    expect(await kit.arrange.deliveries()).toHaveLength(1);
  });

  check('another workspace’s key is another key', async (kit) => {
    const [one, two] = [await kit.pair(), await kit.pair()];
    const { accepted } = await kit.commit({
      events: [kit.event(one.workspace_id, keyed('a')), kit.event(two.workspace_id, keyed('b'))],
    });
    expect(accepted.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
  });

  check('a key lives as long as its event', async (kit) => {
    const workspace = await kit.arrange.addWorkspace();
    const event = kit.event(workspace, keyed('a'));
    await kit.stored(event);
    expect(await kit.prune(event.created_at + 1)).toBe(1);
    await kit.stored(kit.event(workspace, keyed('b')));
  });

  check(
    'a conflict, an unknown hook and a stale settlement do not harm the rest of their turn',
    async (kit) => {
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
          { ...kit.attempted(stale, { kind: 'succeeded' }), lease_token: stale.lease_token + 1 },
          kit.attempted(good, { kind: 'succeeded' }),
        ],
      });
      expect(accepted.map(({ kind }) => kind)).toEqual([
        'accepted',
        'conflict',
        'unknown_hook',
        'repeated',
        'accepted',
      ]);
      expect(settled.map(({ kind }) => kind)).toEqual(['stale', 'settled']);
      expect(await kit.arrange.deliveries({ hook_id })).toHaveLength(5);
      expect(await kit.arrange.delivery(good.delivery.id)).toMatchObject({ status: 'succeeded' });
      expect(await kit.arrange.delivery(stale.delivery.id)).toMatchObject({ status: 'sending' });
    },
  );

  check('an event that the database refuses fails alone, and its neighbours are stored', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    // No database can store a time that is not a number.
    const impossible = kit.event(pair.workspace_id, { created_at: Number.NaN });
    const { accepted, settled } = await kit.commit({
      events: [kit.event(pair.workspace_id), impossible, kit.event(pair.workspace_id)],
      settlements: [kit.attempted(leased, { kind: 'succeeded' })],
    });
    expect(accepted.map(({ kind }) => kind)).toEqual(['accepted', 'rejected', 'accepted']);
    expect(settled).toMatchObject([{ kind: 'settled', status: 'succeeded' }]);
    expect(await kit.arrange.events()).toHaveLength(3);
    expect(await kit.arrange.attempts()).toHaveLength(1);
  });

  check('a settlement that the database refuses fails alone, and its lease stays', async (kit) => {
    const pair = await kit.pair();
    const [bad, good] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
    const settlement = kit.attempted(bad, { kind: 'http_status', status: 500 });
    const impossible = { ...settlement, attempt: { ...settlement.attempt, started_at: Number.NaN } };
    const event = kit.event(pair.workspace_id);
    const { accepted, settled } = await kit.commit({
      events: [event],
      settlements: [impossible, kit.attempted(good, { kind: 'succeeded' })],
    });
    expect(settled.map(({ kind }) => kind)).toEqual(['rejected', 'settled']);
    expect(accepted).toMatchObject([{ kind: 'accepted', receipt: { id: event.id } }]);
    expect(await kit.arrange.delivery(bad.delivery.id)).toMatchObject({ status: 'sending', attempts: 0 });
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 0 });
    await kit.settle({ kind: 'unrecordable', delivery: bad.delivery, lease_token: bad.lease_token });
    expect(await kit.arrange.delivery(bad.delivery.id)).toMatchObject({
      status: 'failed',
      failure_reason: 'unrecordable',
    });
  });

  check('the effects of a refused item are undone: a hook it would have disabled goes on', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    const gone = kit.attempted(leased, { kind: 'http_status', status: 410 });
    const impossible = { ...gone, attempt: { ...gone.attempt, started_at: Number.NaN } };
    const { accepted } = await kit.commit({
      events: [kit.event(pair.workspace_id)],
      settlements: [impossible],
    });
    expect(accepted).toHaveProperty('0.leased.length', 1);
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ status: 'active', consecutive_failures: 0 });
    expect(await kit.hook(pair.hook_id)).toMatchObject({ status: 'active' });
    expect((await kit.stored(kit.event(pair.workspace_id))).leased).toHaveLength(1);
    await kit.settle(gone);
    expect(await kit.hook(pair.hook_id)).toMatchObject({ status: 'disabled' });
    expect((await kit.stored(kit.event(pair.workspace_id))).leased).toHaveLength(0);
  });
};
