import { type Kysely, sql } from 'kysely';
import type { Cluster } from '../../core/cluster.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Schema } from '../schema.ts';

const OPEN = sql`${sql.table('bellwire_deliveries_open')}`;
/** A claim passes over the dead rows before its own: with more than this, the table is vacuumed. */
const DEAD_MAX = 10_000;
/** Interval at which the rows are counted, which costs the server one look at its statistics. */
const EVERY_MS = 1_000;
/** A vacuum takes at most one part of the time in so many. */
const PART = 5;
/** A transaction that is still open can keep all of them: then the next vacuum waits for longer. */
const KEPT_MS = 60_000;

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
  #is_closed = false;

  constructor(options: OpenVacuumOptions) {
    this.#options = options;
  }

  open(): void {
    this.#next(EVERY_MS);
  }

  async close(): Promise<void> {
    this.#is_closed = true;
    this.#cancel();
    await this.#running;
  }

  #next(after_ms: number): void {
    if (this.#is_closed) return;
    this.#cancel = this.#options.clock.after(
      after_ms,
      () => {
        this.#running = this.#run()
          .catch(() => KEPT_MS)
          .then((wait_ms) => this.#next(wait_ms));
      },
      { keeps_alive: false },
    );
  }

  /** Resolves to the time until the next look. */
  async #run(): Promise<number> {
    const { db, cluster, clock } = this.#options;
    if (!cluster.isLeader()) return EVERY_MS;
    const { dead, is_ours } = await this.#read();
    if (!is_ours) return KEPT_MS;
    if (dead <= DEAD_MAX) return EVERY_MS;
    const began_at = clock.monotonic();
    // Skipped while autovacuum works on the table, which would give way to it.
    await sql`vacuum (skip_locked) ${OPEN}`.execute(db);
    const took_ms = clock.monotonic() - began_at;
    const { dead: kept } = await this.#read();
    return kept > dead / 2 ? KEPT_MS : Math.max(EVERY_MS, took_ms * (PART - 1));
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
