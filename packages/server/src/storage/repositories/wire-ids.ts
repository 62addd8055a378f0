import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** The id of the event that receivers know by `wire_id`. */
export const eventIdOf = async (
  reader: Kysely<Schema>,
  workspace_id: string,
  wire_id: string,
): Promise<string> => {
  const known = await reader
    .selectFrom('bellwire_wire_ids')
    .select('event_id')
    .where('workspace_id', '=', workspace_id)
    .where('wire_id', '=', wire_id)
    .executeTakeFirst();
  return known?.event_id ?? wire_id;
};
