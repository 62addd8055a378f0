import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import {
  addTallies,
  EMPTY_TALLY,
  firstPhase,
  type RecoveryFilter,
  type RecoveryPhase,
  type RecoveryTally,
} from '../../core/recovery.ts';
import { timeOfId } from '../../core/ids.ts';
import type { AdvanceOptions, Recoveries, Recovery, RecoveryRef } from '../../ports/recoveries.ts';
import type { Connections, Schema } from '../schema.ts';
import { applySlice, selectSlice, tallyDeliveries } from './covered-deliveries.ts';
import { inTransaction } from './in-transaction.ts';
import { missedSlice, sendMissed, tallyMissed } from './missed-events.ts';
import { rowsToFetch, toPage } from './page.ts';
import type { RepositoryParts } from './parts.ts';
import { probeCovered } from './throttles.ts';
import { countRunningOf, countRunningRecoveries } from './running-jobs.ts';

type Row = Selectable<Schema['bellwire_recoveries']>;

/** The part of a time range before the time of an id. */
const progressOf = ({ since, until }: RecoveryFilter, after: string | null): number => {
  if (after === null) return 0;
  const part = (timeOfId(after) - since) / Math.max(1, until - since);
  return Math.min(1, Math.max(0, part));
};

const overallProgress = ({ status, phase, after }: Row, filter: RecoveryFilter): number => {
  if (status === 'completed') return 1;
  const part = progressOf(filter, after);
  if (!filter.statuses.includes('missed') || filter.statuses.length === 1) return part;
  return phase === 'deliveries' ? part / 2 : 0.5 + part / 2;
};

const toRecovery = (row: Row): Recovery => {
  const filter = JSON.parse(row.filter) as RecoveryFilter;
  return {
    id: row.id,
    workspace_id: row.workspace_id,
    kind: row.kind,
    status: row.status,
    filter,
    owner: row.owner,
    tally: JSON.parse(row.tally) as RecoveryTally,
    progress: overallProgress(row, filter),
    created_at: row.created_at,
    updated_at: row.updated_at,
    completed_at: row.completed_at,
  };
};

interface Step {
  readonly phase: RecoveryPhase;
  readonly after: string | null;
}

/** Where the job continues; null when it is complete. */
const following = ({ statuses }: RecoveryFilter, phase: RecoveryPhase, next: string | null): Step | null => {
  if (next !== null) return { phase, after: next };
  return phase === 'deliveries' && statuses.includes('missed') ? { phase: 'missed', after: null } : null;
};

/** Stores the result of a slice. Affects no row if the job has been canceled or advanced meanwhile. */
const moveOn = async (
  trx: Transaction<Schema>,
  row: Row,
  { step, now }: { readonly step: Step | null; readonly now: number },
): Promise<boolean> => {
  const { numUpdatedRows } = await trx
    .updateTable('bellwire_recoveries')
    .set({
      updated_at: now,
      ...(step === null ? { status: 'completed', completed_at: now } : step),
    })
    .where('workspace_id', '=', row.workspace_id)
    .where('id', '=', row.id)
    .where('status', '=', 'running')
    .where('phase', '=', row.phase)
    .where('after', row.after === null ? 'is' : '=', row.after)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
};

const addToTally = async (trx: Transaction<Schema>, row: Row, slice: RecoveryTally): Promise<void> => {
  const tally = addTallies(JSON.parse(row.tally) as RecoveryTally, slice);
  await trx
    .updateTable('bellwire_recoveries')
    .set({ tally: JSON.stringify(tally) })
    .where('workspace_id', '=', row.workspace_id)
    .where('id', '=', row.id)
    .execute();
};

const select = (db: Kysely<Schema>, { workspace_id, id }: RecoveryRef) =>
  db
    .selectFrom('bellwire_recoveries')
    .selectAll()
    .where('workspace_id', '=', workspace_id)
    .where('id', '=', id)
    .executeTakeFirst();

const createAdvance =
  ({ db, reader }: Connections, { wireIdOf }: RepositoryParts): Recoveries['advance'] =>
  async (ref, options: AdvanceOptions) => {
    const row = await select(db, ref);
    if (row?.status !== 'running') return;
    const filter = JSON.parse(row.filter) as RecoveryFilter;
    const { workspace_id, kind, after } = row;
    const job = { workspace_id, kind, filter, after, ...options };
    const slice =
      row.phase === 'deliveries'
        ? await selectSlice(reader, job).then((found) => ({
            next: found.next,
            apply: (trx: Transaction<Schema>) => applySlice(trx, job, found.deliveries),
          }))
        : await missedSlice(reader, job).then((found) => ({
            next: found.next,
            apply: (trx: Transaction<Schema>) => sendMissed(trx, found, { ...job, wireIdOf }),
          }));
    const step = following(filter, row.phase, slice.next);
    await inTransaction(db, async (trx) => {
      if (await moveOn(trx, row, { step, now: options.now })) {
        await addToTally(trx, row, await slice.apply(trx));
      }
    });
  };

type Reads = Pick<
  Recoveries,
  'count' | 'checkDeliveries' | 'list' | 'get' | 'countRunning' | 'countRunningOf'
>;

const createReads = ({ reader }: Connections): Reads => ({
  count: async (workspace_id, filter, { kind, from, now }) => {
    const job = { workspace_id, kind, filter, now, after: from.after };
    const counted =
      from.phase === 'deliveries' ? await tallyDeliveries(reader, job) : await tallyMissed(reader, job);
    return { tally: counted.tally, next: following(filter, from.phase, counted.next) };
  },
  checkDeliveries: async (workspace_id, ids) => {
    const rows = await reader
      .selectFrom('bellwire_deliveries')
      .leftJoin('bellwire_events', (join) =>
        join
          .onRef('bellwire_events.workspace_id', '=', 'bellwire_deliveries.workspace_id')
          .onRef('bellwire_events.id', '=', 'bellwire_deliveries.event_id'),
      )
      .select(['bellwire_deliveries.id', 'bellwire_events.payload_expired_at'])
      .where('bellwire_deliveries.workspace_id', '=', workspace_id)
      .where('bellwire_deliveries.id', 'in', ids)
      .execute();
    const known = new Set(rows.map(({ id }) => id));
    return {
      unknown: ids.find((id) => !known.has(id)) ?? null,
      payload_expired: rows.find(({ payload_expired_at }) => payload_expired_at !== null)?.id ?? null,
    };
  },
  list: async (workspace_id, { owner }, page) => {
    let query = reader
      .selectFrom('bellwire_recoveries')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .orderBy('id', 'desc')
      .limit(rowsToFetch(page));
    if (owner !== undefined) query = query.where('owner', '=', owner);
    if (page.after !== null) query = query.where('id', '<', page.after);
    return toPage(await query.execute(), page, { to: toRecovery, keyOf: ({ id }) => id });
  },
  get: async (workspace_id, id) => {
    const row = await select(reader, { workspace_id, id });
    return row === undefined ? null : toRecovery(row);
  },
  countRunning: () => countRunningRecoveries(reader),
  countRunningOf: (owner) => countRunningOf(reader, owner),
});

type Writes = Pick<Recoveries, 'create' | 'cancel' | 'next' | 'prune'>;

const createWrites = ({ db }: Connections, { invalidations }: RepositoryParts): Writes => ({
  create: async ({ filter, ...recovery }) => {
    const row: Row = {
      ...recovery,
      status: 'running',
      hook_id: filter.hook_id,
      tenant: filter.tenant,
      filter: JSON.stringify(filter),
      phase: firstPhase(filter.statuses),
      after: null,
      tally: JSON.stringify(EMPTY_TALLY),
      updated_at: recovery.created_at,
      completed_at: null,
    };
    const probed = await inTransaction(db, async (trx) => {
      await trx.insertInto('bellwire_recoveries').values(row).execute();
      if (row.kind === 'cancel') return [];
      const { workspace_id, created_at: now } = row;
      const hooks = await probeCovered(trx, { workspace_id, filter, now });
      for (const hook_id of hooks) invalidations.publish({ kind: 'hook', workspace_id, hook_id });
      return hooks;
    });
    const { workspace_id } = row;
    for (const hook_id of probed) invalidations.publish({ kind: 'hook', workspace_id, hook_id });
    return toRecovery(row);
  },
  cancel: async (workspace_id, id, now) => {
    const { numUpdatedRows } = await db
      .updateTable('bellwire_recoveries')
      .set({ status: 'canceled', updated_at: now, completed_at: now })
      .where('workspace_id', '=', workspace_id)
      .where('id', '=', id)
      .where('status', '=', 'running')
      .executeTakeFirst();
    if (numUpdatedRows > 0n) return 'canceled';
    return (await select(db, { workspace_id, id })) === undefined ? null : 'ended';
  },
  next: async (after) => {
    const running = db
      .selectFrom('bellwire_recoveries')
      .select(['workspace_id', 'id'])
      .where('status', '=', sql.lit('running'))
      .orderBy('workspace_id')
      .orderBy('updated_at')
      .limit(1);
    const next = await running.where('workspace_id', '>', after).executeTakeFirst();
    return next ?? (await running.executeTakeFirst()) ?? null;
  },
  prune: async (before) => {
    await db.deleteFrom('bellwire_recoveries').where('completed_at', '<', before).execute();
  },
});

/** The jobs that send deliveries again, or cancel them. */
export const createRecoveries = (connections: Connections, parts: RepositoryParts): Recoveries => ({
  ...createReads(connections),
  ...createWrites(connections, parts),
  advance: createAdvance(connections, parts),
});
