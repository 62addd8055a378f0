import type { ExpressionBuilder, Transaction } from 'kysely';
import { boundOf } from '../../core/erasure.ts';
import type { Erasure } from '../../ports/erasures.ts';
import type { Schema } from '../schema.ts';

const KEY = ['width', 'start', 'workspace_id', 'kind', 'subject'] as const;

/** The values of a row's key. */
type Key = readonly [width: number, start: number, workspace_id: string, kind: string, subject: string];

/** Rows examined for each row of the limit: most belong to others. */
const EXAMINED_PER_ROW = 10;

type Stats = ExpressionBuilder<Schema, 'bellwire_stats'>;

const compare = ({ eb, refTuple, tuple }: Stats, operator: '<=' | '>', key: Key) =>
  eb(refTuple(...KEY), operator, tuple(...key) as never);

/** Counts of a tenant that exists again are kept from the creation of the erasure on. */
const keptFrom = async (trx: Transaction<Schema>, erasure: Erasure, now: number): Promise<number> => {
  const again = await trx
    .selectFrom('bellwire_tenants')
    .select('tenant')
    .where('workspace_id', '=', erasure.workspace_id)
    .where('tenant', '=', erasure.tenant ?? '')
    .executeTakeFirst();
  return again === undefined ? now : erasure.created_at;
};

const isCovered =
  ({ id, workspace_id, tenant }: Erasure, kept_from: number) =>
  ({ eb, and, or, selectFrom }: Stats) => {
    const of_workspace = eb('workspace_id', '=', workspace_id);
    if (tenant === null) return of_workspace;
    const hooks = selectFrom('bellwire_hooks')
      .select('id')
      .where('workspace_id', '=', workspace_id)
      .where('tenant', '=', tenant)
      .where('id', '<', boundOf({ id, tenant }, 'wh'));
    return and([
      of_workspace,
      or([
        and([eb('kind', '=', 'tenant'), eb('subject', '=', tenant), eb('start', '<=', kept_from)]),
        and([eb('kind', '=', 'hook'), eb('subject', 'in', hooks)]),
      ]),
    ]);
  };

/**
 * Deletes the counts that an erasure covers from the next rows behind `after`. Returns the position that it has reached;
 * null at the end. The rows of a subject are spread over all times, so the walk examines those of others, too.
 */
export const eraseStats = async (
  trx: Transaction<Schema>,
  erasure: Erasure,
  { after, limit, now }: { readonly after: string | null; readonly limit: number; readonly now: number },
): Promise<string | null> => {
  const begin = after === null ? null : (JSON.parse(after) as Key);
  let behind = trx.selectFrom('bellwire_stats');
  let doomed = trx.deleteFrom('bellwire_stats').where(isCovered(erasure, await keptFrom(trx, erasure, now)));
  if (begin !== null) {
    behind = behind.where((eb) => compare(eb, '>', begin));
    doomed = doomed.where((eb) => compare(eb, '>', begin));
  }
  const last = await KEY.reduce((query, column) => query.orderBy(column), behind.select(KEY))
    .offset(limit * EXAMINED_PER_ROW - 1)
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) {
    await doomed.execute();
    return null;
  }
  const end: Key = [last.width, last.start, last.workspace_id, last.kind, last.subject];
  await doomed.where((eb) => compare(eb, '<=', end)).execute();
  return JSON.stringify(end);
};
