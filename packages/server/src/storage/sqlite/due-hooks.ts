import type { DueHooks, Store } from '../../ports/store.ts';
import { toDueHooks, type VisitedHook, visitedHooks } from '../store/due-hooks.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

type Query = Parameters<Store['dueHooks']>[0];

/** Finds the active hooks with due deliveries among the next hooks with pending ones. */
export const createDueHooks = (connection: SqliteConnection): ((query: Query) => DueHooks) => {
  const { db, raw } = connection;
  const select = prepare<{ now: number; after: string; limit: number }, VisitedHook>(raw, (param) =>
    visitedHooks(db, { now: param('now'), after: param('after'), limit: param('limit') }),
  );
  return ({ now, after, limit }) =>
    toDueHooks(select.all({ now, after: after ?? '', limit }), { now, limit });
};
