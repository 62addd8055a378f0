import { expect, test } from 'vitest';
import type { HookThrottle } from '../../../packages/server/src/ports/store.ts';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, ERROR, type Kit, LEASE_MS, NOW, OK, type Pair } from '../conformance/kit.ts';

const reason = skipReason(postgres);
const skip = 'missing' in postgres;

/** Two nodes over one database, of which no notice reaches the other. */
const openNodes = async () => {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startMigratedPostgres());
  const database = stack.use(await server.createDatabase());
  const opened = stack.use(openPostgresStore(database.url));
  const kit = createKit(opened);
  return { kit, other: kit.successor(), [Symbol.asyncDispose]: () => stack.disposeAsync() };
};

type Node = Kit['store'];

const claimOn = (node: Node, pair: Pair, { now, limit = 8 }: { now: number; limit?: number }) =>
  node.claim({ now, lease_until: now + LEASE_MS, wants: [{ ...pair, limit }] });

const noteReports = (node: Node): ReadonlyMap<string, HookThrottle> => {
  const reports = new Map<string, HookThrottle>();
  node.watchThrottles((throttles) => {
    for (const throttle of throttles) reports.set(throttle.hook_id, throttle);
  });
  return reports;
};

/** Opens the breaker of a hook with an answer that requests a wait of a second. */
const openBreaker = async (kit: Kit, pair: Pair): Promise<void> => {
  const leased = await kit.leaseFor(pair);
  await kit.end(leased, ERROR, { retry_after_ms: 1_000 });
};

test.skipIf(skip)(
  `a half-open breaker lets one delivery through in all, also on a node that has not heard of it${reason}`,
  async () => {
    await using nodes = await openNodes();
    const { kit, other } = nodes;
    const pair = await kit.pair();
    await other.catalog(pair.workspace_id);
    await openBreaker(kit, pair);
    await kit.pendingFor(pair, [NOW, NOW, NOW, NOW, NOW]);
    expect(await claimOn(other, pair, { now: NOW + 500 })).toEqual([]);
    const claims = await Promise.all(
      [other, kit.store, other, kit.store].map((node) => claimOn(node, pair, { now: NOW + 1_500 })),
    );
    expect(claims.flat()).toHaveLength(1);
    expect(await claimOn(other, pair, { now: NOW + 1_600 })).toEqual([]);
  },
);

test.skipIf(skip)(
  `a node that holds a hook back learns with its next claim that another one has closed the breaker${reason}`,
  async () => {
    await using nodes = await openNodes();
    const { kit, other } = nodes;
    const reports = noteReports(other);
    const pair = await kit.pair();
    await other.catalog(pair.workspace_id);
    await openBreaker(kit, pair);
    await kit.pendingFor(
      pair,
      Array.from({ length: 40 }, () => NOW),
    );
    await claimOn(other, pair, { now: NOW + 500 });
    expect(reports.get(pair.hook_id)).toMatchObject({ state: 'open' });
    // Successes until nothing of the breaker is left.
    for (let now = NOW + 1_500, left = 36; left > 0; left -= 1, now += 10) {
      const [leased] = await claimOn(kit.store, pair, { now, limit: 1 });
      await kit.settle(kit.attempted(leased!, OK), now);
    }
    const claimed = await claimOn(other, pair, { now: NOW + 3_000, limit: 2 });
    expect(claimed).toHaveLength(2);
    expect(reports.get(pair.hook_id)).toMatchObject({ state: 'closed', width: null });
  },
);

test.skipIf(skip)(
  `the rate limit of a hook holds over nodes, also if one commits later than it has looked at the clock${reason}`,
  async () => {
    await using nodes = await openNodes();
    const { kit, other } = nodes;
    const pair = await kit.pair({ rate_limit: { count: 20, per: 'second' } });
    await kit.pendingFor(
      pair,
      Array.from({ length: 120 }, () => NOW),
    );
    let taken = 0;
    for (let ms = 0; ms < 3_000; ms += 20) {
      taken += (await claimOn(kit.store, pair, { now: NOW + ms })).length;
      taken += (await claimOn(other, pair, { now: NOW + Math.max(0, ms - 150) })).length;
    }
    // Three seconds, and the burst of 250 ms.
    expect(taken).toBeGreaterThanOrEqual(60);
    expect(taken).toBeLessThanOrEqual(60 + 5 + 1);
  },
);
