import { readFileSync } from 'node:fs';
import type { LeasedDelivery, NewEvent } from '../../packages/server/src/ports/store.ts';
import { createKit, ERROR, NOW, OK } from '../storage/conformance/kit.ts';
import type { openTestStoreInFile } from './test-store.ts';
import { createSeededRandom } from './seeded-random.ts';

type Opened = Awaited<ReturnType<typeof openTestStoreInFile>>;

const BATCH = 100;

/** Occurrences of a text in the raw bytes of a file; 0 if there is no such file. */
const occurrences = (path: string, text: string): number => {
  const bytes = readFileSync(path);
  let count = 0;
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) count += 1;
  return count;
};

/** Two tenants, the events of which carry their marker in every column that can: ids aside, everything of a tenant is found by it. */
export const createMarkedEvents = async (opened: Opened) => {
  const kit = createKit(opened);
  const { raw } = opened.database;
  const random = createSeededRandom(7);
  const workspace_id = await kit.arrange.addWorkspace();
  const hook = { deleted: '', kept: '' };
  for (const tenant of ['deleted', 'kept'] as const) {
    hook[tenant] = await kit.arrange.addHook(workspace_id, { tenant });
  }

  const bodyOf = (tenant: string, index: number): string => {
    const marker = `<${tenant}-marker-${index}>`;
    const length = 20 + Math.floor(random.roll() ** 3 * 8_000);
    return marker.repeat(Math.ceil(length / marker.length));
  };

  const eventOf = (index: number): NewEvent => {
    const tenant = index % 2 === 0 ? 'deleted' : 'kept';
    return kit.event(workspace_id, { tenant, data: { text: bodyOf(tenant, index) } });
  };

  const attempt = (lease: LeasedDelivery, body: string, succeeds: boolean) => {
    const settlement = kit.attempted(lease, succeeds ? OK : ERROR);
    const request = { method: 'POST', url: 'https://example.com/', headers: {}, body };
    return { ...settlement, attempt: { ...settlement.attempt, request } };
  };

  /** Accepts events of both tenants in turn. Each is sent; every third one fails first, and is sent again. */
  const load = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += BATCH) {
      const events = Array.from({ length: Math.min(BATCH, count - index) }, (_, at) => eventOf(index + at));
      const { accepted } = await kit.commit({ events });
      const leased = accepted.flatMap((result) => (result.kind === 'accepted' ? result.leased : []));
      const bodies = new Map(events.map(({ id, data_text }) => [id, data_text]));
      const settle = (leases: readonly LeasedDelivery[], succeeds: (at: number) => boolean) =>
        kit.commit({
          settlements: leases.map((lease, at) =>
            attempt(lease, bodies.get(lease.delivery.event_id) ?? '', succeeds(at)),
          ),
        });
      await settle(leased, (at) => at % 3 !== 0);
      const wants = Object.values(hook).map((hook_id) => ({ workspace_id, hook_id, limit: BATCH }));
      const retries = await kit.claim(wants, NOW + 60_000);
      await settle(retries, () => true);
    }
  };

  /** Deletes the rows of the tenant `deleted`, as an erasure does: in slices, with the rows of each delivery. */
  const erase = (): void => {
    const slice = raw.transaction(() => {
      const ids = raw
        .prepare(`select id from bellwire_deliveries where tenant = 'deleted' limit 200`)
        .pluck()
        .all();
      for (const id of ids) raw.prepare('delete from bellwire_attempts where delivery_id = ?').run(id);
      for (const id of ids)
        raw
          .prepare('delete from bellwire_deliveries where workspace_id = ? and id = ?')
          .run(workspace_id, id);
      return ids.length;
    });
    while (slice.immediate() > 0);
    raw.prepare(`delete from bellwire_events where tenant = 'deleted'`).run();
  };

  return {
    kit,
    workspace_id,
    load,
    erase,
    /** Copies of a tenant's markers in the database file and in its write-ahead log. */
    copies: (tenant: 'deleted' | 'kept') => ({
      file: occurrences(opened.path, `<${tenant}-marker-`),
      log: occurrences(`${opened.path}-wal`, `<${tenant}-marker-`),
    }),
    /** Changes a stored row of each kind that the tenant `kept` has, so that the writer writes its cached pages again. */
    touchAll: (): void => {
      raw.exec(`update bellwire_events set occurred_at = occurred_at + 1;
        update bellwire_deliveries set updated_at = updated_at + 1;
        update bellwire_attempts set duration_ms = duration_ms + 1`);
    },
    /** The kept rows of each table, without what `touchAll` changes. */
    keptRows: () => [
      raw.prepare('select id, tenant, data from bellwire_events order by id').raw().all(),
      raw
        .prepare('select id, tenant, event_id, status, attempts from bellwire_deliveries order by id')
        .raw()
        .all(),
      raw
        .prepare('select delivery_id, number, request_body from bellwire_attempts order by 1, 2')
        .raw()
        .all(),
    ],
    integrity: () => raw.pragma('integrity_check', { simple: true }),
  };
};
