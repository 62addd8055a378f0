import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, ERROR, OK } from '../conformance/kit.ts';

test.skipIf('missing' in postgres)(
  `a node continues while another version adds columns to its tables, also on connections that have cached plans${skipReason(postgres)}`,
  async () => {
    await using server = await startMigratedPostgres();
    await using database = await server.createDatabase();
    await using opened = openPostgresStore(database.url);
    const kit = createKit(opened);
    const pair = await kit.pair({ ordered: 1 });
    const settleBoth = async () => {
      const leased = [await kit.leaseFor(pair), await kit.leaseFor(await kit.pair())];
      return Promise.all([kit.end(leased[0]!, OK), kit.end(leased[1]!, ERROR)]);
    };
    // On several connections.
    for (let n = 0; n < 3; n += 1) await Promise.all([settleBoth(), opened.store.hooks([pair.hook_id])]);
    for (const table of ['hooks', 'throttles', 'deliveries', 'events']) {
      await sql`alter table ${sql.table(`bellwire_${table}`)} add column added text`.execute(
        opened.database.db,
      );
    }
    for (let n = 0; n < 3; n += 1) {
      expect(await settleBoth()).toMatchObject([{ kind: 'settled' }, { kind: 'settled' }]);
    }
  },
);
