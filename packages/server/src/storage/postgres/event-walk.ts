import { sql } from 'kysely';
import type { Session } from './session.ts';

/** An event of a walk. */
export interface WalkedEvent {
  readonly workspace_id: string;
  readonly id: string;
  readonly created_at: number;
  readonly deliveries: number;
  readonly has_metadata: boolean;
  readonly payload_expired_at: number | null;
}

/** Where a walk continues. */
export type WalkPosition = Pick<WalkedEvent, 'workspace_id' | 'id'>;

export const WALK_START: WalkPosition = { workspace_id: '', id: '' };

/** Sorts behind every id. */
const END = '~';

const walked = (session: Session) =>
  session.db
    .selectFrom('bellwire_events')
    .select(({ eb }) => [
      'workspace_id',
      'id',
      'created_at',
      'deliveries',
      'payload_expired_at',
      eb('metadata', 'is not', null).$castTo<boolean>().as('has_metadata'),
    ]);

/** The events of these ids that exist. */
export const eventsNamed = (session: Session, ids: readonly string[]): Promise<WalkedEvent[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : session.all<WalkedEvent>(walked(session).where('id', '=', sql<string>`any(${ids}::text[])`));

/** The next events of all workspaces in the order of the primary key: the oldest of each workspace first. */
export const nextEvents = (
  session: Session,
  { workspace_id, id }: WalkPosition,
  limit: number,
): Promise<WalkedEvent[]> =>
  session.all<WalkedEvent>(
    walked(session)
      .where(({ eb, refTuple, tuple }) => eb(refTuple('workspace_id', 'id'), '>', tuple(workspace_id, id)))
      .orderBy('workspace_id')
      .orderBy('id')
      .limit(limit),
  );

/** The position behind the last event of a workspace. */
export const behind = (workspace_id: string): WalkPosition => ({ workspace_id, id: END });

/** The same event. */
export const isAt = (event: WalkPosition, position: WalkPosition | null): boolean =>
  position !== null && position.workspace_id === event.workspace_id && position.id === event.id;
