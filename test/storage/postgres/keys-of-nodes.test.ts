import { expect, test } from 'vitest';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, LEASE_MS, NOW } from '../conformance/kit.ts';

const KEYS = 40;

test.skipIf('missing' in postgres)(
  `two nodes that accept events with the same idempotency key at the same time store one of them${skipReason(postgres)}`,
  async () => {
    await using server = await startMigratedPostgres();
    await using database = await server.createDatabase();
    await using opened = openPostgresStore(database.url);
    const kit = createKit(opened);
    const nodes = [kit.store, kit.successor()];
    const { workspace_id } = await kit.pair();
    const send = (node: (typeof nodes)[number], idempotency_key: string) =>
      node.commitBatch({
        now: NOW,
        lease_until: NOW + LEASE_MS,
        events: [kit.event(workspace_id, { idempotency_key })],
        settlements: [],
        saturated_hooks: new Set(),
        max_deliveries: 512,
      });
    for (let n = 0; n < KEYS; n += 1) {
      const answers = await Promise.all(nodes.map((node) => send(node, `key_${n}`)));
      const kinds = new Set(answers.map(({ accepted }) => accepted[0]?.kind));
      expect(kinds).toEqual(new Set(['accepted', 'repeated']));
    }
    expect(await kit.arrange.events()).toHaveLength(KEYS);
  },
);
