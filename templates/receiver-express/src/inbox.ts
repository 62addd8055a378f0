import { EventEmitter } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { fail, settings } from './settings.ts';
import type { DialectName } from './verify.ts';

/** `body` is JSON, `received_at` is in milliseconds. */
type Arrival = Readonly<Record<'id' | 'type' | 'body', string>> & { readonly dialect: DialectName };
export type InboxEvent = Arrival & Readonly<Record<'seq' | 'received_at' | 'attempts', number>>;

const SCHEMA = `
  create table if not exists events (
    seq integer primary key, id text not null unique, type text not null, dialect text not null,
    body text not null, received_at integer not null default (cast(unixepoch('subsec') * 1000 as integer)),
    state text not null default 'waiting' check (state in ('waiting', 'running', 'handled', 'dead')),
    attempts integer not null default 0, due_at integer not null default 0, last_error text, handled_at integer
  ) strict;
  create index if not exists events_by_state on events (state, seq, due_at)`;

const WAITING = `from events where state in ('waiting', 'running')`;
const { INBOX_PATH: path } = settings;

const open = (): Database.Database => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    // A write waits this long for another process, and blocks this one meanwhile.
    const db = new Database(path, { timeout: 1000 });
    db.pragma('journal_mode = WAL');
    db.exec(SCHEMA);
    db.pragma('synchronous = FULL');
    return db;
  } catch (error) {
    return fail(`Cannot open the inbox at ${path}: ${String(error)}. Set INBOX_PATH to a writable file.`);
  }
};

const identity = (): string => {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false });
  return `${file?.dev} ${file?.ino}`;
};

/** The events on disk. Every write survives a power cut. Emits `wake` when an event arrives. */
export class Inbox extends EventEmitter {
  readonly #db = open();
  readonly #file = identity();
  #lock: Database.Database | undefined;

  /** Ends this process if another receiver uses the inbox: both would handle the same events. */
  lock(): void {
    try {
      this.#lock = new Database(`${path}-lock`, { timeout: 0 });
      this.#lock.exec('begin exclusive');
    } catch {
      fail(`Another receiver uses the inbox at ${path}. Stop it, or set another INBOX_PATH.`);
    }
  }

  /** @throws if the file was deleted or replaced: SQLite still writes to it, but its events are lost */
  assertInPlace(): void {
    if (identity() !== this.#file) throw new Error('The inbox was deleted or replaced. Restart the receiver');
  }

  /** `stored` and `duplicate`: the event is on disk. `full`: INBOX_LIMIT events are waiting. */
  store(arrival: Arrival): 'stored' | 'duplicate' | 'full' {
    const insert = 'insert into events (id, type, dialect, body) values (:id, :type, :dialect, :body)';
    const store = this.#db.transaction(() => {
      // better-sqlite3 sets NORMAL by itself, with which a power cut undoes the last commits.
      if (this.#db.pragma('synchronous', { simple: true }) !== 2) throw new Error('The inbox is not durable');
      if (this.#db.prepare('select 1 from events where id = ?').get(arrival.id)) return 'duplicate';
      if (this.counts().waiting >= settings.INBOX_LIMIT) return 'full';
      this.#db.prepare(insert).run(arrival);
      this.emit('wake');
      return 'stored';
    });
    return store.immediate();
  }

  /** The next due event in the order of arrival. Its attempt is counted now, so that a crash counts as well. */
  claim(): InboxEvent | undefined {
    const next = `select seq from events where state = 'waiting' and due_at <= ? order by seq limit 1`;
    const sql = `update events set state = 'running', attempts = attempts + 1 where seq = (${next}) returning *`;
    return this.#db.prepare<[number], InboxEvent>(sql).all(Date.now())[0];
  }

  inState(state: 'running' | 'dead'): readonly InboxEvent[] {
    const sql = 'select * from events where state = ? order by seq';
    return this.#db.prepare<[string], InboxEvent>(sql).all(state);
  }

  /** Keeps only the id, and deletes some that were handled more than KEEP_DAYS ago. */
  handled(seq: number): void {
    const update = `update events set state = 'handled', handled_at = ?, body = '' where seq = ?`;
    this.#db.prepare(update).run(Date.now(), seq);
    const oldest = `select seq from events where state = 'handled' order by seq limit 10`;
    const prune = this.#db.prepare(`delete from events where seq in (${oldest}) and handled_at < ?`);
    prune.run(Date.now() - settings.KEEP_DAYS * 86_400_000);
  }

  /** Retries the event at this time; null: never, it is dead. */
  failed(seq: number, last_error: string, due_at: number | null): void {
    const sql = 'update events set state = ?, due_at = ?, last_error = ? where seq = ?';
    this.#db.prepare(sql).run(due_at === null ? 'dead' : 'waiting', due_at ?? 0, last_error, seq);
  }

  /** Gives a dead event, or `all` of them, all attempts again; the number of these events. */
  retry(id: string): number {
    const update = `update events set state = 'waiting', attempts = 0 where state = 'dead'`;
    return this.#db.prepare(`${update} and ? in (id, 'all')`).run(id).changes;
  }

  counts(): Readonly<Record<'waiting' | 'dead' | 'oldest_waiting_seconds', number>> {
    const age = `select unixepoch() - received_at / 1000 from events where seq = (select min(seq) ${WAITING})`;
    const sql = `select (select count(*) ${WAITING}) as waiting,
      (select count(*) from events where state = 'dead') as dead, ifnull((${age}), 0) as oldest_waiting_seconds`;
    return this.#db.prepare(sql).get() as ReturnType<Inbox['counts']>;
  }
}
