import type { NewEvent } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';

/** The index of events by their metadata. Call it inside the open transaction. */
export interface EventMetadataIndex {
  readonly add: (event: Pick<NewEvent, 'workspace_id' | 'id' | 'metadata'>) => void;
  readonly remove: (event_id: string) => void;
}

/** The index with its statements prepared on one connection. */
export const createEventMetadata = ({ db, raw }: SqliteConnection): EventMetadataIndex => {
  const insert = prepare<Schema['bellwire_event_metadata']>(raw, (param) =>
    db
      .insertInto('bellwire_event_metadata')
      .values(columns(param, ['workspace_id', 'key', 'value', 'event_id'])),
  );
  const remove = prepare<{ event_id: string }>(raw, (param) =>
    db.deleteFrom('bellwire_event_metadata').where('event_id', '=', param('event_id')),
  );
  return {
    add: ({ workspace_id, id: event_id, metadata }) => {
      if (metadata === null) return;
      for (const [key, value] of Object.entries(metadata)) insert.run({ workspace_id, key, value, event_id });
    },
    remove: (event_id) => void remove.run({ event_id }),
  };
};
