import { expect, test } from 'vitest';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, NOW } from '../conformance/kit.ts';

test.skipIf('missing' in postgres)(
  `a delivery of a node that does not know yet that its hook was switched off does not stay pending${skipReason(postgres)}`,
  async () => {
    await using server = await startMigratedPostgres();
    await using database = await server.createDatabase();
    await using opened = openPostgresStore(database.url);
    const kit = createKit(opened);
    const statuses = [];
    for (const state of ['paused', 'deleted'] as const) {
      const pair = await kit.pair();
      const leased = await kit.leaseFor(pair);
      // Another node, which has the hook in memory.
      const stale = kit.successor();
      await stale.catalog(pair.workspace_id);
      await kit.enter(pair.hook_id, state);
      const settlements = [kit.returned(leased)];
      const batch = {
        now: NOW,
        lease_until: NOW,
        events: [],
        settlements,
        saturated_hooks: new Set<string>(),
      };
      await stale.commitBatch({ ...batch, max_deliveries: 8 });
      await kit.due(NOW);
      await kit.store.stopDeliveries({ now: NOW, limit: 100 });
      statuses.push((await kit.row(leased)).status);
    }
    expect(statuses).toEqual(['held', 'canceled']);
  },
);
