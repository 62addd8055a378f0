import { type Kysely, sql } from 'kysely';
import type { NewEventRow } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';
import { RowStatement, rowsOf } from './row-statements.ts';
import type { Session } from './session.ts';

/** The use of an idempotency key. Without a tenant, `tenant` is the empty text. */
interface KeyRow {
  readonly workspace_id: string;
  readonly idempotency_key: string;
  readonly tenant: string;
  readonly event_id: string;
}

const keyOf = ({ workspace_id, idempotency_key, tenant, id }: NewEventRow): readonly KeyRow[] =>
  (idempotency_key ?? null) === null
    ? []
    : [{ workspace_id, idempotency_key: idempotency_key ?? '', tenant: tenant ?? '', event_id: id }];

/** Takes the keys of events. Resolves to false if one of them is taken already. */
export const createTakeKeys = (db: Kysely<Schema>) => {
  const columns = {
    workspace_id: 'text',
    idempotency_key: 'text',
    tenant: 'text',
    event_id: 'text',
  } as const;
  const insert = new RowStatement<KeyRow>(db, 'take_keys', {
    columns,
    text: sql`insert into ${sql.table('bellwire_idempotency_keys')} (workspace_id, idempotency_key, tenant, event_id)
      select * from ${rowsOf(columns)} on conflict do nothing`,
  });
  return async (session: Session, events: readonly NewEventRow[]): Promise<boolean> => {
    const keys = events.flatMap(keyOf);
    return (await insert.run(session, keys)) === keys.length;
  };
};

/** Which events have used these keys first. */
export const eventsOfKeys = (
  session: Session,
  uses: readonly Omit<KeyRow, 'event_id'>[],
): Promise<readonly Pick<KeyRow, 'workspace_id' | 'event_id'>[]> =>
  session.all<Pick<KeyRow, 'workspace_id' | 'event_id'>>(sql<Pick<KeyRow, 'workspace_id' | 'event_id'>>`
    select k.workspace_id, k.event_id
    from unnest(${uses.map(({ workspace_id }) => workspace_id)}::text[], ${uses.map(({ tenant }) => tenant)}::text[],
      ${uses.map(({ idempotency_key }) => idempotency_key)}::text[]) as x(workspace_id, tenant, idempotency_key)
    join ${sql.table('bellwire_idempotency_keys')} k on k.workspace_id = x.workspace_id
      and k.idempotency_key = x.idempotency_key and k.tenant = x.tenant`);
