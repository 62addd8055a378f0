import type { SendableHook } from '../../core/hook.ts';
import type { Cipher } from '../cipher.ts';
import type { HookRow } from '../rows/hook-row.ts';
import type { ThrottleRow } from '../rows/throttle-row.ts';
import {
  createFilters,
  INDEXED,
  type IndexedHook,
  type SecretRow,
  toIndexed,
  toSendable,
} from '../store/indexed-hook.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

/** Synchronous reads of hooks, inside or between transactions. */
export interface HookReader {
  /** Up to `limit` hooks of a workspace whose ids follow `after`. */
  readonly page: (query: {
    readonly workspace_id: string;
    readonly after: string;
    readonly limit: number;
  }) => readonly IndexedHook[];
  /** Undefined if the hook does not exist. */
  readonly one: (id: string) => IndexedHook | undefined;
  /** Undefined if the hook does not exist, null if its secrets, headers or client certificate cannot be decrypted. */
  readonly sendable: (id: string) => SendableHook | null | undefined;
}

const createStatements = ({ db, raw }: SqliteConnection) => {
  const selectPage = prepare<{ workspace_id: string; after: string; limit: number }, HookRow>(raw, (param) =>
    db
      .selectFrom('bellwire_hooks')
      .select(INDEXED)
      .where('workspace_id', '=', param('workspace_id'))
      .where('deleted_at', 'is', null)
      .where('id', '>', param('after'))
      .orderBy('id')
      .limit(param('limit')),
  );
  const selectOne = prepare<{ id: string }, HookRow>(raw, (param) =>
    db.selectFrom('bellwire_hooks').selectAll().where('id', '=', param('id')).where('deleted_at', 'is', null),
  );
  const selectSecrets = prepare<{ hook_id: string }, SecretRow>(raw, (param) =>
    db
      .selectFrom('bellwire_secrets')
      .selectAll()
      .where('hook_id', '=', param('hook_id'))
      .orderBy('id', 'desc'),
  );
  // The throttles of hooks are few: they are read beside the hooks, not joined to each.
  const selectThrottles = prepare<{ workspace_id: string; after: string; last: string }, ThrottleRow>(
    raw,
    (param) =>
      db
        .selectFrom('bellwire_throttles')
        .selectAll()
        .where('workspace_id', '=', param('workspace_id'))
        .where('hook_id', '>', param('after'))
        .where('hook_id', '<=', param('last')),
  );
  const selectThrottle = prepare<{ id: string }, ThrottleRow>(raw, (param) =>
    db.selectFrom('bellwire_throttles').selectAll().where('hook_id', '=', param('id')),
  );
  return { selectPage, selectOne, selectSecrets, selectThrottles, selectThrottle };
};

/** A reader with its statements prepared on one connection. */
export const createHookReader = (connection: SqliteConnection, cipher: Cipher): HookReader => {
  const { selectPage, selectOne, selectSecrets, selectThrottles, selectThrottle } =
    createStatements(connection);
  const filterOf = createFilters();
  return {
    page: (query) => {
      const rows = selectPage.all(query);
      const last = rows.at(-1)?.id ?? query.after;
      const throttles = new Map(
        selectThrottles.all({ ...query, last }).map((throttle) => [throttle.hook_id, throttle]),
      );
      return rows.map((row) => toIndexed(row, { throttle: throttles.get(row.id), filterOf }));
    },
    one: (id) => {
      const row = selectOne.get({ id });
      return row === undefined
        ? undefined
        : toIndexed(row, { throttle: selectThrottle.get({ id }), filterOf });
    },
    sendable: (id) => {
      const row = selectOne.get({ id });
      if (row === undefined) return undefined;
      try {
        return toSendable(row, selectSecrets.all({ hook_id: id }), cipher);
      } catch {
        // A row of another key ring, or one that was changed manually, must not fail other hooks.
        return null;
      }
    },
  };
};
