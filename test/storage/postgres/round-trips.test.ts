import { expect, test } from 'vitest';
import { startFaultyLink } from '../../support/faulty-link.ts';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, ERROR, OK } from '../conformance/kit.ts';

test.skipIf('missing' in postgres)(
  `a commit that stores events and settles leases takes four round trips to the database, however much it writes${skipReason(postgres)}`,
  async () => {
    await using server = await startMigratedPostgres();
    await using database = await server.createDatabase();
    await using link = await startFaultyLink(new URL(database.url));
    const url = new URL(database.url);
    url.port = String(link.port);
    await using opened = openPostgresStore(url.href);
    const kit = createKit(opened);
    const pair = await kit.pair();
    const { workspace_id, hook_id } = pair;
    const ordered = await kit.pair({ ordered: 1 });
    await kit.leaseFor(ordered);
    const well = await kit.leaseFor(pair);
    const failing = await kit.leaseFor(pair);
    const events = [
      kit.event(workspace_id, {
        hook_ids: [hook_id],
        idempotency_key: 'order_1',
        metadata: { customer: 'c_1' },
      }),
      kit.event(workspace_id, { tenant: 'acme' }),
      kit.event(ordered.workspace_id, { hook_ids: [ordered.hook_id] }),
    ];
    const settlements = [kit.attempted(well, OK), kit.attempted(failing, ERROR)];
    // Begin, lock, write, commit.
    const before = link.turns();
    await kit.commit({ events, settlements });
    expect(link.turns() - before).toBe(4);
    expect(await kit.row(well)).toMatchObject({ status: 'succeeded' });
    expect(await kit.row(failing)).toMatchObject({ status: 'pending', failures: 1 });
  },
);
