import { type Kysely, sql } from 'kysely';
import type { Cluster } from '../../core/cluster.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Schema } from '../schema.ts';

const OPEN = sql`${sql.table('bellwire_deliveries_open')}`;
// Skipped while autovacuum works on the table, which would give way to it.
const VACUUM = sql`vacuum (skip_locked) ${OPEN}`;
/** A claim passes over the dead rows before its own: with more than this, the table is vacuumed. */
const DEAD_MAX = 10_000;
/** Interval at which the rows are counted, which costs the server one look at its statistics. */
const EVERY_MS = 1_000;
/** Longest pause between two looks. */
const PAUSE_MAX_MS = 60_000;

interface Table {
  /** As the server counts them, a second late. */
  readonly dead: number;
  /** Whether the role may vacuum it: that of the owner, and from PostgreSQL 17 on one with the privilege `maintain`. */
  readonly is_ours: boolean;
}

export interface OpenVacuumOptions {
  readonly db: Kysely<Schema>;
  readonly cluster: Pick<Cluster, 'isLeader'>;
  readonly clock: Clock;
}

/**
 * Vacuums the table of open deliveries on the leader, whatever `autovacuum_naptime` is: each delivery leaves at least one
 * dead row in it, and by default autovacuum looks only once a minute. Without the right to vacuum it, and after a failure,
 * the table is left to autovacuum.
 */
export class OpenVacuum {
  readonly #options: OpenVacuumOptions;
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  /** Looks since the last one that found few dead rows or removed some. */
  #fruitless = 0;
  #is_vacuuming = false;
  #is_closed = false;

  constructor(options: OpenVacuumOptions) {
    this.#options = options;
  }

  open(): void {
    this.#next(EVERY_MS);
  }

  /** Cancels a vacuum that is running: it can take many seconds, and the next leader repeats it. */
  async close(): Promise<void> {
    this.#is_closed = true;
    this.#cancel();
    if (this.#is_vacuuming) await this.#stop().catch(() => undefined);
    await this.#running;
  }

  #next(after_ms: number): void {
    if (this.#is_closed) return;
    this.#cancel = this.#options.clock.after(
      after_ms,
      () => {
        this.#running = this.#run().then((pause_ms) => this.#next(pause_ms));
      },
      { keeps_alive: false },
    );
  }

  /** Resolves to the pause until the next look: vacuums take no more than half of the time. */
  async #run(): Promise<number> {
    const { cluster, clock } = this.#options;
    if (!cluster.isLeader()) return EVERY_MS;
    const began_at = clock.monotonic();
    const has_helped = await this.#vacuum().catch(() => false);
    this.#fruitless = has_helped ? 0 : this.#fruitless + 1;
    const took_ms = clock.monotonic() - began_at;
    // A transaction that is still open can keep the dead rows for a long time. Once, there may just be as many new ones.
    const pause_ms = Math.max(EVERY_MS, took_ms) * 2 ** Math.max(0, this.#fruitless - 1);
    return Math.min(pause_ms, PAUSE_MAX_MS);
  }

  /** False if the table has as many dead rows as before, or belongs to another role. */
  async #vacuum(): Promise<boolean> {
    const { dead, is_ours } = await this.#read();
    if (!is_ours) return false;
    if (dead <= DEAD_MAX) return true;
    this.#is_vacuuming = true;
    await VACUUM.execute(this.#options.db).finally(() => {
      this.#is_vacuuming = false;
    });
    return (await this.#read()).dead < dead;
  }

  /** Found by its text: behind a pooler, the process that a connection had before can serve another client now. */
  async #stop(): Promise<void> {
    const { db } = this.#options;
    await sql`
      select pg_cancel_backend(pid) from pg_stat_activity
      where query = ${VACUUM.compile(db).sql} and state = 'active'
        and datname = current_database() and usename = current_user`.execute(db);
  }

  async #read(): Promise<Table> {
    const { db } = this.#options;
    const { rows } = await sql<Table>`
      select pg_stat_get_dead_tuples(oid) as dead, pg_has_role(relowner, 'usage') or
        case when current_setting('server_version_num')::int >= 170000 then has_table_privilege(oid, 'maintain')
          else false end as is_ours
      from pg_class where oid = ${OPEN.compile(db).sql}::regclass`.execute(db);
    return rows[0] ?? { dead: 0, is_ours: false };
  }
}
