import type { Database } from 'better-sqlite3';
import type { DialectName } from './dialects.ts';
import { createGroupCommit } from './group-commit.ts';

export interface Arrival {
  readonly id: string;
  readonly type: string;
  readonly dialect: DialectName;
  readonly content_type: string;
  /** As it came. */
  readonly body: Uint8Array;
  /** In milliseconds, as every time here. */
  readonly received_at: number;
}

export interface Waiting extends Arrival {
  readonly seq: number;
  /** Those that failed. */
  readonly attempts: number;
}

/** What became of an event. `due_at` is null when there is no further attempt. */
export type Settlement =
  | { readonly seq: number; readonly handled_at: number }
  | {
      readonly seq: number;
      readonly failed_at: number;
      readonly error: string;
      readonly due_at: number | null;
    };

export interface Counts {
  readonly waiting: number;
  readonly dead: number;
  /** When the oldest one that waits was received; null when none does. */
  readonly oldest_received_at: number | null;
}

const FORGET_SLICE = 1000;

const WAITING = 'seq, id, type, dialect, content_type, body, received_at, attempts';

const prepare = (db: Database) => ({
  insert: db.prepare<[Arrival]>(
    `insert into events (id, type, dialect, content_type, body, received_at)
     values (:id, :type, :dialect, :content_type, :body, :received_at) on conflict (id) do nothing`,
  ),
  isKnown: db.prepare<[string]>('select 1 from events where id = ?').pluck(),
  due: db.prepare<[number, number], Waiting>(
    `select ${WAITING} from events
     where state = 'waiting' and due_at <= ? and seq not in (select seq from taken) order by seq limit ?`,
  ),
  // Before its handler runs, so that a handler that ends the process leaves a trace.
  take: db.prepare<[number]>(
    `insert into taken (seq) values (?) on conflict (seq) do update set interrupted = 0`,
  ),
  letGo: db.prepare<[number]>('delete from taken where seq = ?'),
  underWay: db.prepare<[], Waiting>(
    `select ${WAITING} from taken join events using (seq) where interrupted = 0 order by seq`,
  ),
  interrupt: db.prepare<[number]>('insert or replace into taken (seq, interrupted) values (?, 1)'),
  interruptedDue: db.prepare<[number], Waiting>(
    `select ${WAITING} from taken join events using (seq)
     where interrupted = 1 and state = 'waiting' and due_at <= ? order by seq limit 1`,
  ),
  nextDueAt: db.prepare<[], number | null>(`select min(due_at) from events where state = 'waiting'`).pluck(),
  // A handled event is only remembered by its id.
  handled: db.prepare<[number, number]>(
    `update events set state = 'handled', settled_at = ?, body = x'', last_error = null where seq = ?`,
  ),
  failed: db.prepare<[number, string, number]>(
    `update events set attempts = attempts + 1, due_at = ?, last_error = ? where seq = ?`,
  ),
  died: db.prepare<[number, string, number]>(
    `update events set attempts = attempts + 1, state = 'dead', settled_at = ?, last_error = ? where seq = ?`,
  ),
  forget: db.prepare<[number, number]>(
    `delete from events where seq in
     (select seq from events where state = 'handled' and settled_at < ? limit ?)`,
  ),
  waiting: db.prepare<[], number>(`select count(*) from events where state = 'waiting'`).pluck(),
  dead: db.prepare<[], number>(`select count(*) from events where state = 'dead'`).pluck(),
  oldest: db
    .prepare<[], number>(`select received_at from events where state = 'waiting' order by seq limit 1`)
    .pluck(),
  // Changes when another connection has written: the dead letters' command.
  version: db.prepare<[], number>('pragma data_version').pluck(),
});

/** The events of a file: received once, waiting until they are handled, dead when they cannot be. */
export const createInbox = (db: Database, limit: number) => {
  const sql = prepare(db);
  let waiting = 0;
  let countedAt: number | null = null;
  const write = createGroupCommit(db, () => {
    countedAt = null;
  });

  const isFull = (): boolean => {
    const version = sql.version.get() ?? 0;
    if (version !== countedAt) {
      waiting = sql.waiting.get() ?? 0;
      countedAt = version;
    }
    return waiting >= limit;
  };

  return {
    /** Stores an event that is not known yet. What it answers is on the disk. */
    store: (arrival: Arrival): Promise<'stored' | 'duplicate' | 'full'> =>
      write(() => {
        if (isFull()) return sql.isKnown.get(arrival.id) === undefined ? 'full' : 'duplicate';
        const { changes } = sql.insert.run(arrival);
        waiting += changes;
        return changes === 1 ? 'stored' : 'duplicate';
      }),

    /** The events to handle now, in the order of their arrival; first, and each alone, those that were interrupted. */
    due: (now: number, most: number): readonly Waiting[] => {
      const interrupted = sql.interruptedDue.get(now);
      return interrupted === undefined ? sql.due.all(now, most) : [interrupted];
    },

    /** Remembers on the disk that their handlers may run from now on, until they are settled or let go. */
    take: (events: readonly Waiting[]): Promise<void> =>
      write(() => events.forEach(({ seq }) => sql.take.run(seq))),

    /** Their handlers did not run. */
    letGo: (events: readonly Waiting[]): Promise<void> =>
      write(() => events.forEach(({ seq }) => sql.letGo.run(seq))),

    /** At the start: what was taken when the last process ended. */
    underWay: (): readonly Waiting[] => sql.underWay.all(),

    /** The process ended while they were taken: each is taken alone from now on. */
    interrupt: (events: readonly Waiting[]): Promise<void> =>
      write(() => events.forEach(({ seq }) => sql.interrupt.run(seq))),

    nextDueAt: (): number | null => sql.nextDueAt.get() ?? null,

    settle: (settlement: Settlement): Promise<void> =>
      write(() => {
        const { seq } = settlement;
        sql.letGo.run(seq);
        if ('handled_at' in settlement) {
          sql.handled.run(settlement.handled_at, seq);
          waiting -= 1;
        } else if (settlement.due_at === null) {
          sql.died.run(settlement.failed_at, settlement.error, seq);
          waiting -= 1;
        } else {
          sql.failed.run(settlement.due_at, settlement.error, seq);
        }
      }),

    /** Forgets some of the ids that were handled before a time; answers how many. */
    forget: (before: number): Promise<number> => write(() => sql.forget.run(before, FORGET_SLICE).changes),

    counts: (): Counts => ({
      waiting: sql.waiting.get() ?? 0,
      dead: sql.dead.get() ?? 0,
      oldest_received_at: sql.oldest.get() ?? null,
    }),
  };
};

export type Inbox = ReturnType<typeof createInbox>;
