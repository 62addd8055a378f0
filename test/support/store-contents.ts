import type { Page, PageQuery } from '../../packages/server/src/ports/page.ts';
import { StoredJson } from '../../packages/server/src/core/stored-json.ts';
import { walk } from '../storage/repositories/kit.ts';
import type { StoreUnderTest } from './test-store.ts';

const TABLES = [
  'bellwire_hooks',
  'bellwire_throttles',
  'bellwire_tenants',
  'bellwire_events',
  'bellwire_event_metadata',
  'bellwire_wire_ids',
  'bellwire_fan_outs',
  'bellwire_deliveries',
  'bellwire_attempts',
  'bellwire_request_bodies',
  'bellwire_recoveries',
  'bellwire_stats',
] as const;

/** A row or an answer without what the port leaves to each database. */
const comparableObject = (value: Readonly<Record<string, unknown>>): object => {
  // The numbers of hooks continue after a rollback, or not.
  const { number: _, ...rest } = value;
  const { id: __, ...without_id } = rest;
  // Released leases have attempts in any order, and so their ids.
  const kept = rest['outcome'] === 'interrupted' ? without_id : rest;
  return Object.fromEntries(
    Object.entries(kept)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, asComparable(one)]),
  );
};

/** Without what may differ between databases. PostgreSQL stores U+FFFD for U+0000. */
export const asComparable = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replaceAll('\u0000', '\uFFFD');
  if (Array.isArray(value)) return value.map(asComparable);
  if (value instanceof Set) return new Set([...value].map(asComparable));
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, asComparable(one)]));
  if (value instanceof StoredJson || typeof value !== 'object' || value === null) return value;
  return comparableObject(value as Readonly<Record<string, unknown>>);
};

/** Rows or answers whose order the port does not specify. */
export const sorted = (items: Iterable<unknown>): readonly unknown[] =>
  [...items].map(asComparable).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

const listed = async <T>(list: (page: PageQuery) => Promise<Page<T>>): Promise<readonly T[]> =>
  (await walk(list, 7)).flat();

/** The lists of the repositories, and the rows of all tables of the event flow. */
export const readEverything = async ({
  database: { db },
  repositories,
}: StoreUnderTest): Promise<Readonly<Record<string, readonly unknown[]>>> => {
  const contents: Record<string, readonly unknown[]> = {};
  for (const table of TABLES) {
    contents[table] = sorted(await db.selectFrom(table).selectAll().execute());
  }
  for (const { id } of await db.selectFrom('bellwire_workspaces').select('id').orderBy('id').execute()) {
    const { events, deliveries, hooks, recoveries } = repositories;
    const all = await listed((page) => deliveries.list(id, {}, page));
    contents[`events of ${id}`] = await listed((page) => events.listWithPayloads(id, {}, page));
    contents[`deliveries of ${id}`] = all;
    contents[`hooks of ${id}`] = await listed((page) => hooks.list(id, {}, page));
    contents[`recoveries of ${id}`] = await listed((page) => recoveries.list(id, {}, page));
    for (const delivery of all) {
      contents[`attempts of ${delivery.id}`] = await listed(async (page) => {
        const found = await repositories.deliveries.attempts(id, delivery.id, page);
        return found ?? { data: [], next: null };
      });
    }
  }
  return contents;
};
