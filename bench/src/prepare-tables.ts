import { open as openFile } from 'node:fs/promises';
import type { DeliveryStatus } from '../../packages/server/src/core/delivery.ts';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { openSqlite, type SqliteDatabase } from '../../packages/server/src/storage/sqlite/database.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';
import { BIG_WORKSPACE, FAN_OUT_TYPE, GONE_TYPE, RARE_TYPE, TableRows, typeOf } from './table-rows.ts';

export interface TableSizes {
  readonly hooks: number;
  /** Events with one finished delivery and its attempts. */
  readonly finished: number;
  /** The part of them that is older than `RETENTION_DAYS`. */
  readonly old: number;
  /** Deliveries that are due in the future. */
  readonly pending: number;
  /** The part of them for the hook that will be disabled; every event with pending deliveries has one. */
  readonly gone_backlog: number;
  /** The part of them for the hook that will be paused. */
  readonly paused_backlog: number;
}

export interface PreparedTables {
  readonly gone_hook: string;
  readonly paused_hook: string;
  /** A typical hook. */
  readonly usual_hook: string;
  /** The event whose `created_at` keeps retention from the old events behind it until its release. */
  readonly oldest_event: string;
  /** The first event that retention keeps. */
  readonly first_kept_event: string;
  /** Rows that retention will delete. */
  readonly old_rows: number;
}

export const RETENTION_DAYS = 30;
const DAY_MS = 24 * 3_600_000;
/** Rows per transaction. */
const BATCH = 20_000;

type Row = Readonly<Record<string, unknown>>;
type Insert = (table: string, row: Row) => void;

/** Inserts rows with one prepared statement per table, many rows per transaction. */
const createInserter = (
  raw: SqliteDatabase['raw'],
): { readonly insert: Insert; readonly end: () => void } => {
  const statements = new Map<string, (values: unknown[]) => void>();
  let open = 0;
  const prepare = (table: string, row: Row) => {
    const names = Object.keys(row);
    const marks = names.map(() => '?').join(', ');
    const quoted = names.map((name) => `"${name}"`).join(', ');
    const statement = raw.prepare(`insert into ${table} (${quoted}) values (${marks})`);
    const run = (values: unknown[]): void => void statement.run(values);
    statements.set(table, run);
    return run;
  };
  const end = (): void => {
    if (open > 0) raw.exec('commit');
    open = 0;
  };
  return {
    insert: (table, row) => {
      if (open === 0) raw.exec('begin');
      (statements.get(table) ?? prepare(table, row))(Object.values(row));
      open += 1;
      if (open === BATCH) end();
    },
    end,
  };
};

/** Per hundred deliveries: one canceled, two failed, the others succeeded. */
const statusOf = (n: number): DeliveryStatus => {
  if (n % 100 === 0) return 'canceled';
  return n % 50 === 7 ? 'failed' : 'succeeded';
};

const insertRegistry = (insert: Insert, rows: TableRows, { hooks, now }: { hooks: number; now: number }) => {
  insert('bellwire_workspaces', {
    id: BIG_WORKSPACE,
    name: 'big',
    dialect: 'standard',
    strict: 0,
    created_at: now,
    updated_at: now,
  });
  return Array.from({ length: hooks }, (_, n) => {
    const row =
      n === 0
        ? rows.hook('gone', [GONE_TYPE, FAN_OUT_TYPE])
        : rows.hook(`table/${n}`, [typeOf(n), RARE_TYPE, FAN_OUT_TYPE]);
    insert('bellwire_hooks', row);
    return row.id;
  });
};

interface Filling {
  readonly insert: Insert;
  readonly rows: TableRows;
  readonly hooks: readonly string[];
  readonly sizes: TableSizes;
  readonly now: number;
}

/** Finished events, oldest first, with the first one younger than those behind it. */
const insertFinished = ({ insert, rows, hooks, sizes, now }: Filling) => {
  const { finished, old } = sizes;
  let oldest_event = '';
  let first_kept_event = '';
  let old_rows = 0;
  for (let n = 0; n < finished; n += 1) {
    const is_old = n < old;
    const share = is_old ? n / old : (n - old) / (finished - old);
    const [from, to] = is_old ? [RETENTION_DAYS + 10, RETENTION_DAYS + 1] : [RETENTION_DAYS - 1, 1];
    rows.setTime(now - (from - share * (from - to)) * DAY_MS);
    const event = rows.event(n < 200 + old && !is_old ? RARE_TYPE : typeOf(n), 1);
    const created_at = n === 0 && old > 0 ? now - DAY_MS : event.created_at;
    const delivery = rows.finished(event, hooks[n % hooks.length]!, statusOf(n));
    insert('bellwire_events', { ...event, created_at });
    insert('bellwire_deliveries', delivery);
    for (let number = 1; number <= delivery.attempts; number += 1) {
      insert('bellwire_attempts', rows.attempt(event, delivery, number));
    }
    if (n === 0) oldest_event = event.id;
    if (n === old) first_kept_event = event.id;
    if (is_old) old_rows += 2 + delivery.attempts;
  }
  return { oldest_event, first_kept_event, old_rows };
};

/** Events of the last day, each with a delivery for the first hook and some for the other hooks in rotation. */
const insertPending = ({ insert, rows, hooks, sizes, now }: Filling): void => {
  const events = sizes.gone_backlog;
  const others = sizes.pending - sizes.gone_backlog - sizes.paused_backlog;
  let spread = 0;
  let paused = 0;
  for (let n = 0; n < events; n += 1) {
    rows.setTime(now - DAY_MS + (n / events) * (DAY_MS - 3_600_000));
    const targets = [hooks[0]!];
    for (; paused < ((n + 1) * sizes.paused_backlog) / events; paused += 1) targets.push(hooks[1]!);
    for (; spread < Math.floor(((n + 1) * others) / events); spread += 1) {
      targets.push(hooks[2 + (spread % (hooks.length - 2))]!);
    }
    const event = rows.event(typeOf(n), targets.length);
    insert('bellwire_events', event);
    for (const [nth, hook_id] of targets.entries()) {
      const due = now + DAY_MS + ((n * 7_919 + nth * 104_729) % DAY_MS);
      insert('bellwire_deliveries', rows.pending(event, hook_id, due));
    }
  }
};

/** Syncs the file, so that the first checkpoint of the server does not have to write these pages. */
const syncFile = async (path: string): Promise<void> => {
  await using file = await openFile(path, 'r+');
  await file.sync();
};

/** Creates and fills a database file with the server's schema. No delivery is due soon. */
export const prepareTables = async (
  path: string,
  sizes: TableSizes,
  receiver_port: number,
): Promise<PreparedTables> => {
  const database = openSqlite(path);
  const { raw } = database;
  try {
    await migrateToLatest(database.db, sqliteSchema);
    // After a crash, the tables are prepared again.
    for (const setting of ['journal_mode = off', 'synchronous = off', 'cache_size = -500000'])
      raw.pragma(setting);
    const now = Date.now();
    const rows = new TableRows(receiver_port);
    rows.setTime(now - (RETENTION_DAYS + 20) * DAY_MS);
    const { insert, end } = createInserter(raw);
    const hooks = insertRegistry(insert, rows, { hooks: sizes.hooks, now });
    const filling = { insert, rows, hooks, sizes, now };
    const finished = insertFinished(filling);
    insertPending(filling);
    end();
    raw.pragma('journal_mode = wal');
    return { ...finished, gone_hook: hooks[0]!, paused_hook: hooks[1]!, usual_hook: hooks[2]! };
  } finally {
    await database.close();
    await syncFile(path);
  }
};
