import { type Insertable, type Kysely, sql } from 'kysely';
import { statsCounters } from '../../core/attempt-stats.ts';
import { MINUTE_MS } from '../../core/stats-range.ts';
import type { NewAttemptRow } from '../rows/attempt-row.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import type { NewEventRow } from '../rows/event-row.ts';
import type { RequestBodyRow } from '../rows/request-body-row.ts';
import type { Schema } from '../schema.ts';
import type { Batch } from '../store/batch.ts';
import type { FanOutRow } from '../store/fan-out-writer.ts';
import type { NewTenantRow } from '../store/tenant-writer.ts';
import { AlreadyChanged } from './already-changed.ts';
import { createTakeKeys } from './idempotency-keys.ts';
import { isOpen } from './open-deliveries.ts';
import { type Columns, insertRows, updateRows } from './row-statements.ts';
import type { Session } from './session.ts';
import type { HookChangeRow, WriteSet } from './write-set.ts';

const EVENT: Columns<Omit<NewEventRow, 'payload_expired_at'>> = {
  workspace_id: 'text',
  id: 'text',
  tenant: 'text',
  type: 'text',
  idempotency_key: 'text',
  fingerprint: 'text',
  deliveries: 'bigint',
  filtered: 'bigint',
  addressed: 'bigint',
  occurred_at: 'bigint',
  created_at: 'bigint',
  deliver_at: 'bigint',
  metadata: 'text',
  previous_data: 'text',
  data: 'text',
};

const CHANGED_DELIVERY = {
  workspace_id: 'text',
  id: 'text',
  status: 'text',
  attempts: 'bigint',
  failures: 'bigint',
  returns: 'bigint',
  suspicion: 'bigint',
  next_attempt_at: 'bigint',
  order_key: 'text',
  order_position: 'bigint',
  lease_token: 'bigint',
  lease_until: 'bigint',
  leased_by: 'text',
  resume_status: 'text',
  resume_at: 'bigint',
  failure_reason: 'text',
  last_outcome: 'text',
  last_detail: 'text',
  last_status: 'bigint',
  last_duration_ms: 'double precision',
  updated_at: 'bigint',
} as const satisfies Partial<Columns<DeliveryRow>>;

const DELIVERY: Columns<DeliveryRow> = {
  ...CHANGED_DELIVERY,
  tenant: 'text',
  event_id: 'text',
  event_type: 'text',
  hook_id: 'text',
  trigger: 'text',
  has_succeeded: 'bigint',
  created_at: 'bigint',
};

const ATTEMPT: Columns<NewAttemptRow> = {
  id: 'text',
  workspace_id: 'text',
  delivery_id: 'text',
  hook_id: 'text',
  number: 'bigint',
  trigger: 'text',
  outcome: 'text',
  outcome_detail: 'text',
  started_at: 'bigint',
  duration_ms: 'double precision',
  timings: 'text',
  remote_address: 'text',
  request_method: 'text',
  request_url: 'text',
  request_headers: 'text',
  request_body: 'text',
  request_body_hash: 'text',
  response_status: 'bigint',
  response_headers: 'text',
  response_body: 'text',
  response_truncated: 'bigint',
};

const HOOK: Columns<HookChangeRow> = {
  id: 'text',
  status: 'text',
  disabled_reason: 'text',
  stopping: 'text',
  consecutive_failures: 'bigint',
  failing_since: 'bigint',
  last_failure_at: 'bigint',
  last_outcome: 'text',
  last_detail: 'text',
  last_status: 'bigint',
};

const THROTTLE: Columns<Schema['bellwire_throttles']> = {
  hook_id: 'text',
  workspace_id: 'text',
  state: 'text',
  streak: 'bigint',
  window_at: 'bigint',
  window_attempts: 'bigint',
  window_failures: 'bigint',
  interval_ms: 'bigint',
  probe_at: 'bigint',
  probe_id: 'text',
  width: 'bigint',
  rate_used_until: 'double precision',
};

type StatsRow = Insertable<Schema['bellwire_stats']>;

const STATS_KEY = {
  width: 'bigint',
  start: 'bigint',
  workspace_id: 'text',
  kind: 'text',
  subject: 'text',
} as const;
const STATS = {
  ...STATS_KEY,
  ...Object.fromEntries(statsCounters.map((counter) => [counter, 'bigint'])),
} as Columns<StatsRow>;

const UNLESS_TAKEN = sql`on conflict do nothing`;

const columnsOf = (names: readonly string[]) => sql.join(names.map((name) => sql.ref(name)));

const overwritten = (names: readonly string[]) =>
  sql.join(names.map((name) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`));

/** Counters that exist already are added to in SQL, so that several nodes can count concurrently. */
const added = sql.join(
  statsCounters.map(
    (counter) => sql`${sql.ref(counter)} = t.${sql.ref(counter)} + excluded.${sql.ref(counter)}`,
  ),
);

const statsStatement = (db: Kysely<Schema>) =>
  insertRows<StatsRow>(db, 'bellwire_stats', {
    columns: STATS,
    as: 't',
    end: sql`on conflict (${columnsOf(Object.keys(STATS_KEY))}) do update set ${added}`,
  });

const throttleStatement = (db: Kysely<Schema>) =>
  insertRows(db, 'bellwire_throttles', {
    columns: THROTTLE,
    end: sql`on conflict (hook_id) do update set ${overwritten(Object.keys(THROTTLE))}`,
  });

const createStatements = (db: Kysely<Schema>) => ({
  events: insertRows(db, 'bellwire_events', { columns: EVENT, end: UNLESS_TAKEN }),
  metadata: insertRows<Schema['bellwire_event_metadata']>(db, 'bellwire_event_metadata', {
    columns: { workspace_id: 'text', key: 'text', value: 'text', event_id: 'text' },
  }),
  wire_ids: insertRows<Schema['bellwire_wire_ids']>(db, 'bellwire_wire_ids', {
    columns: { workspace_id: 'text', wire_id: 'text', event_id: 'text' },
    end: UNLESS_TAKEN,
  }),
  tenants: insertRows<NewTenantRow>(db, 'bellwire_tenants', {
    columns: { workspace_id: 'text', tenant: 'text', created_at: 'bigint' },
    end: UNLESS_TAKEN,
  }),
  fan_outs: insertRows<FanOutRow>(db, 'bellwire_fan_outs', {
    columns: {
      workspace_id: 'text',
      tenant: 'text',
      event_id: 'text',
      position: 'bigint',
      hook_ids: 'text',
    },
  }),
  deliveries: insertRows(db, 'bellwire_deliveries', { columns: DELIVERY }),
  // Without the other partitions, each of which it would lock.
  changed: updateRows(db, 'bellwire_deliveries', {
    columns: CHANGED_DELIVERY,
    keys: ['workspace_id', 'id'],
    among: isOpen('t'),
  }),
  attempts: insertRows(db, 'bellwire_attempts', { columns: ATTEMPT }),
  request_bodies: insertRows<RequestBodyRow>(db, 'bellwire_request_bodies', {
    columns: { event_id: 'text', hash: 'text', body: 'text' },
    end: UNLESS_TAKEN,
  }),
  audits: insertRows<Schema['bellwire_audit']>(db, 'bellwire_audit', {
    columns: {
      id: 'text',
      workspace_id: 'text',
      at: 'bigint',
      by: 'text',
      action: 'text',
      subject: 'text',
      tenant: 'text',
      changes: 'text',
    },
  }),
  hooks: updateRows(db, 'bellwire_hooks', { columns: HOOK, keys: ['id'] }),
  throttles: throttleStatement(db),
  stats: statsStatement(db),
});

/** Attempts belong to the minute of the commit. In the order of the key, so that no two transactions wait for each other. */
const statsRows = ({ now, stats }: Batch): readonly StatsRow[] => {
  const start = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const none = Object.fromEntries(statsCounters.map((counter) => [counter, 0]));
  return [...stats.subjects]
    .map(({ workspace_id, kind, subject, counts }) => ({
      ...none,
      ...Object.fromEntries(counts),
      width: MINUTE_MS,
      start,
      workspace_id,
      kind,
      subject,
    }))
    .toSorted((a, b) =>
      `${a.workspace_id} ${a.kind} ${a.subject}` < `${b.workspace_id} ${b.kind} ${b.subject}` ? -1 : 1,
    );
};

/** The bodies that the database does not have: only these are sent to it. In the order of the key. */
const newBodies = async (
  session: Session,
  { request_bodies }: WriteSet,
): Promise<readonly RequestBodyRow[]> => {
  if (request_bodies.size === 0) return [];
  const rows = [...request_bodies.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const stored = await session.all<{ readonly key: string }>(sql<{ readonly key: string }>`
    select b.event_id || ' ' || b.hash as key
    from unnest(${rows.map(([, { event_id }]) => event_id)}::text[],
      ${rows.map(([, row]) => row.hash)}::text[]) as x(event_id, hash)
    join ${sql.table('bellwire_request_bodies')} b on b.event_id = x.event_id and b.hash = x.hash
      and b.event_id = any(${rows.map(([, { event_id }]) => event_id)}::text[])`);
  const known = new Set(stored.map(({ key }) => key));
  return rows.flatMap(([key, row]) => (known.has(key) ? [] : [row]));
};

/** Equal keys of two transactions are inserted in one order. */
const byKey = (a: NewEventRow, b: NewEventRow): number =>
  (a.idempotency_key ?? '') < (b.idempotency_key ?? '') ? -1 : 1;

/** Sends the writes of a transaction. */
export const createFlush = (db: Kysely<Schema>) => {
  const statements = createStatements(db);
  const takeKeys = createTakeKeys(db);
  return async (session: Session, writes: WriteSet, batch: Batch): Promise<void> => {
    const events = writes.events.some(({ idempotency_key }) => idempotency_key !== null)
      ? writes.events.toSorted(byKey)
      : writes.events;
    const tenants = [...writes.tenants.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const bodies = await newBodies(session, writes);
    // Sent without waiting for the answer to each: the server runs them in this order.
    const [are_keys_free, stored] = await Promise.all([
      takeKeys(session, events),
      statements.events.run(session, events),
      statements.tenants.run(
        session,
        tenants.map(([, row]) => row),
      ),
      statements.metadata.run(session, writes.metadata),
      statements.wire_ids.run(session, [...writes.wire_ids.values()]),
      statements.fan_outs.run(session, writes.fan_outs),
      // A new delivery can take the place of one that has left its order.
      statements.changed.run(session, [...writes.changed]),
      statements.deliveries.run(session, writes.deliveries),
      statements.request_bodies.run(session, bodies),
      statements.attempts.run(session, writes.attempts),
      statements.hooks.run(session, [...writes.hooks]),
      statements.audits.run(session, writes.audits),
      ...flushThrottles(session, writes),
      statements.stats.run(session, statsRows(batch)),
    ]);
    // Another transaction has taken it since it was read.
    if (!are_keys_free) throw new AlreadyChanged('an idempotency key is taken');
    if (stored < events.length) throw new AlreadyChanged('an event id is taken');
  };

  function flushThrottles(session: Session, { throttles }: WriteSet): Promise<number>[] {
    const changed = [...throttles.values()].filter((row) => row !== null);
    const removed = [...throttles.entries()].flatMap(([id, row]) => (row === null ? [id] : []));
    const written = statements.throttles.run(session, changed);
    if (removed.length === 0) return [written];
    const deletion = session.db
      .deleteFrom('bellwire_throttles')
      .where('hook_id', '=', sql<string>`any(${removed}::text[])`);
    return [written, session.run(deletion)];
  }
};

export type Flush = ReturnType<typeof createFlush>;
