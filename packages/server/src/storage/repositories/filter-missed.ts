import { type Kysely, sql } from 'kysely';
import { storedFilter } from '../../core/filter/compile-filter.ts';
import type { Hook } from '../../core/hook.ts';
import { toEvent } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';

/** Events examined per read for a hook with a filter. */
export const FILTERED_WINDOW = 500;
/** The bytes of their payloads that one read takes, except for a single larger event: they are parsed in one turn. */
const FILTERED_BYTES = 1_048_576;

/** The first events that can be read at once with their payloads: at least one, if there are any. */
const firstFitting = async (
  reader: Kysely<Schema>,
  { workspace_id }: Hook,
  ids: readonly string[],
): Promise<readonly string[]> => {
  if (ids.length === 0) return [];
  const rows = await reader
    .selectFrom('bellwire_events')
    .select([
      'id',
      sql<number>`coalesce(octet_length(data), 0) + coalesce(octet_length(previous_data), 0)`.as('bytes'),
    ])
    .where('workspace_id', '=', workspace_id)
    .where('id', 'in', ids)
    .orderBy('id')
    .execute();
  let left = FILTERED_BYTES;
  const end = rows.findIndex(({ bytes }, index) => (left -= bytes) < 0 && index > 0);
  return rows.slice(0, end === -1 ? rows.length : end).map(({ id }) => id);
};

/** The events that the filter of a hook does not match. */
const filteredOut = async (
  reader: Kysely<Schema>,
  { workspace_id }: Hook,
  { filter: text, ids }: { readonly filter: string; readonly ids: readonly string[] },
): Promise<ReadonlySet<string>> => {
  if (ids.length === 0) return new Set();
  const filter = storedFilter(text);
  const rows = await reader
    .selectFrom('bellwire_events')
    .selectAll()
    .where('workspace_id', '=', workspace_id)
    .where('id', 'in', ids)
    .execute();
  const out = rows.filter((row) => {
    if (row.data === null) return false;
    const metadata = row.metadata === null ? null : (JSON.parse(row.metadata) as Record<string, string>);
    return filter.evaluate({ ...toEvent(row), metadata }).verdict === 'no_match';
  });
  return new Set(out.map(({ id }) => id));
};

/**
 * The events of a list, by ascending id, that the filter of a hook does not match. `last` is the id up to which their
 * payloads were read; null if all were.
 */
export const applyFilter = async (
  reader: Kysely<Schema>,
  hook: Hook,
  ids: readonly string[],
): Promise<{ readonly last: string | null; readonly out: ReadonlySet<string> }> => {
  if (hook.filter === null) return { last: null, out: new Set() };
  const fitting = await firstFitting(reader, hook, ids);
  const out = await filteredOut(reader, hook, { filter: hook.filter, ids: fitting });
  return { last: fitting.length < ids.length ? (fitting.at(-1) ?? null) : null, out };
};
