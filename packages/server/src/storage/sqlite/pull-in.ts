import { sql } from 'kysely';
import type { PullInResult, Store } from '../../ports/store.ts';
import { waitingHooks } from '../waiting-hooks.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

type Query = Parameters<Store['pullIn']>[0];

/** Hooks per slice, whether or not one of their deliveries is too far ahead. */
const HOOKS = 500;

const createStatements = ({ db, raw }: SqliteConnection) => ({
  select: prepare<{ after: string; limit: number; beyond: number }, { hook_id: string; is_ahead: number }>(
    raw,
    (param) =>
      waitingHooks(db, { after: param('after'), limit: param('limit') })
        .select([
          'bellwire_hooks.id as hook_id',
          ({ exists, selectFrom }) =>
            exists(
              selectFrom('bellwire_deliveries')
                .select(sql.lit(1).as('one'))
                .where('status', '=', sql.lit('pending'))
                .whereRef('bellwire_deliveries.hook_id', '=', 'waiting.hook_id')
                .where('next_attempt_at', '>', param('beyond')),
            )
              .$castTo<number>()
              .as('is_ahead'),
        ])
        .orderBy('waiting.step'),
  ),
  update: prepare<{ hook_id: string; beyond: number; now: number; limit: number }>(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set({ next_attempt_at: param('now'), updated_at: param('now') })
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('workspace_id', 'id'),
          'in',
          selectFrom('bellwire_deliveries as ahead')
            .select(['ahead.workspace_id', 'ahead.id'])
            .where('ahead.hook_id', '=', param('hook_id'))
            .where('ahead.status', '=', sql.lit('pending'))
            .where('ahead.next_attempt_at', '>', param('beyond'))
            .limit(param('limit'))
            .$asTuple('workspace_id', 'id'),
        ),
      ),
  ),
});

/** Makes deliveries due that no schedule can have delayed for so long. */
export const createPullIn = (connection: SqliteConnection): ((query: Query) => PullInResult) => {
  const { select, update } = createStatements(connection);
  return ({ now, beyond, after, limit }) => {
    let pulled = 0;
    let next = after;
    const visited = select.all({ after, beyond, limit: HOOKS });
    for (const { hook_id, is_ahead } of visited) {
      if (is_ahead === 1) pulled += update.run({ hook_id, beyond, now, limit: limit - pulled });
      // The rest of this hook is that of the next slice.
      if (pulled >= limit) return { pulled, next };
      next = hook_id;
    }
    return { pulled, next: visited.length < HOOKS ? null : next };
  };
};
