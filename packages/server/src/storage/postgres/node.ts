import { type Kysely, sql } from 'kysely';
import type { Cluster } from '../../core/cluster.ts';
import { LeaseWindow } from '../../core/lease-window.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Schema } from '../schema.ts';
import { databaseNow, type NodesSchema } from './nodes-table.ts';

/** Interval of the signs of life. */
const HEARTBEAT_MS = 2_000;
/** Without a sign of life for so long, other nodes take over the leases of a node. */
export const DEAD_AFTER_MS = 12_000;
/** A node counts as dead for itself before it does for others. */
const UNSURE_AFTER_MS = 8_000;
/** The lease of the leader. It leads for less by its own clock. */
const LEADER_MS = 8_000;
const LEADS_MS = 6_000;
/** A new node waits until all others have seen it before it uses its share. */
const JOINING_MS = 2 * HEARTBEAT_MS;

/** Clocks that differ by less are not corrected, so that the time of a node rarely jumps. */
const CLOCK_TOLERANCE_MS = 250;

const LEADER = 'leader';

export interface NodeOptions {
  readonly db: Kysely<Schema>;
  readonly node_id: string;
  readonly clock: Clock;
}

interface Beat {
  /** The ids of the nodes that are alive, in order. */
  readonly alive: readonly string[];
  readonly is_leader: boolean;
}

/** This node in the database: signs of life every 2 seconds, which also elect one leader. */
export class Node implements Cluster {
  readonly lease_window = new LeaseWindow();
  readonly #db: Kysely<Schema & NodesSchema>;
  readonly #node_id: string;
  readonly #clock: Clock;
  #alive: readonly string[] = [];
  #joined_at: number | null = null;
  /** When the last sign of life began that the database has stored. */
  #seen_at: number | null = null;
  /** Since when it has never been unsure whether it counts as dead, by the time of the database. */
  #seen_since = Infinity;
  #led_at: number | null = null;
  #cancel: () => void = () => undefined;
  #beating: Promise<void> = Promise.resolve();
  /** By how much the clock of the database is ahead of this node's. */
  #ahead_ms = 0;
  #is_closed = false;

  constructor({ db, node_id, clock }: NodeOptions) {
    this.#db = db.withTables<NodesSchema>();
    this.#node_id = node_id;
    this.#clock = clock;
  }

  /** Joins the cluster. Call it before the first lease. */
  async open(): Promise<void> {
    await this.#beat();
    const others = this.#alive.filter((id) => id !== this.#node_id);
    this.#joined_at = others.length === 0 ? null : this.#clock.monotonic();
    this.#next();
  }

  readonly isLeader = (): boolean => this.#isWithin(this.#led_at, LEADS_MS);

  readonly holdsLease = (leased_at: number): boolean =>
    leased_at >= this.#seen_since && this.#isWithin(this.#seen_at, UNSURE_AFTER_MS);

  readonly shareOf = (limit: number): number => {
    const nodes = this.#alive.length;
    if (nodes <= 1) return limit;
    if (this.#isWithin(this.#joined_at, JOINING_MS)) return 1;
    const rank = this.#alive.indexOf(this.#node_id);
    return Math.max(1, Math.floor(limit / nodes) + (rank >= 0 && rank < limit % nodes ? 1 : 0));
  };

  readonly size = (): number => Math.max(1, this.#alive.length);

  /** The time of the database, by which due times and leases of all nodes are compared; milliseconds since 1970. */
  readonly now = (): number => this.#clock.now() + this.#ahead_ms;

  /** Leaves the cluster: other nodes take over at once. */
  async close(): Promise<void> {
    this.#is_closed = true;
    this.#cancel();
    await this.#beating;
    // After a failure, other nodes wait until they take this one for dead.
    await Promise.allSettled([
      this.#db.updateTable('bellwire_nodes').set({ seen_at: 0 }).where('id', '=', this.#node_id).execute(),
      this.#db.deleteFrom('bellwire_cluster_leases').where('node_id', '=', this.#node_id).execute(),
    ]);
  }

  #isWithin(since: number | null, ms: number): boolean {
    return since !== null && this.#clock.monotonic() - since < ms;
  }

  #next(): void {
    if (this.#is_closed) return;
    this.#cancel = this.#clock.after(
      HEARTBEAT_MS,
      () => {
        // A failed one is repeated; until then, this node trusts its leases for some seconds.
        this.#beating = this.#beat().catch(() => undefined);
        void this.#beating.then(() => this.#next());
      },
      { keeps_alive: false },
    );
  }

  async #beat(): Promise<void> {
    const began_at = this.#clock.monotonic();
    const began_now = this.#clock.now();
    const { alive, is_leader } = await this.#write();
    this.#alive = alive;
    const has_lapsed = this.#seen_at === null || began_at - this.#seen_at >= UNSURE_AFTER_MS;
    if (has_lapsed) this.#seen_since = began_now + this.#ahead_ms;
    this.#seen_at = began_at;
    this.lease_window.extend(began_at, began_at + UNSURE_AFTER_MS);
    this.#led_at = is_leader ? began_at : null;
  }

  /** Corrects this node's clock, unless the difference is smaller than what the measurement can tell. */
  #compare(
    seen_at: number,
    { began_at, ended_at }: { readonly began_at: number; readonly ended_at: number },
  ): void {
    const ahead_ms = Math.round(seen_at - (began_at + ended_at) / 2);
    const error_ms = Math.max(CLOCK_TOLERANCE_MS, ended_at - began_at);
    if (Math.abs(ahead_ms - this.#ahead_ms) > error_ms) this.#ahead_ms = ahead_ms;
  }

  async #write(): Promise<Beat> {
    const id = this.#node_id;
    const began_at = this.#clock.now();
    const { seen_at } = await this.#db
      .insertInto('bellwire_nodes')
      .values({ id, seen_at: databaseNow })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: databaseNow }))
      .returning('seen_at')
      .executeTakeFirstOrThrow();
    this.#compare(seen_at, { began_at, ended_at: this.#clock.now() });
    const leader = await this.#db
      .insertInto('bellwire_cluster_leases')
      .values({ name: LEADER, node_id: id, until: sql<number>`${databaseNow} + ${sql.lit(LEADER_MS)}` })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet((eb) => ({ node_id: eb.ref('excluded.node_id'), until: eb.ref('excluded.until') }))
          .where(({ eb, or }) =>
            or([
              eb('bellwire_cluster_leases.node_id', '=', id),
              eb('bellwire_cluster_leases.until', '<', databaseNow),
            ]),
          ),
      )
      .returning('node_id')
      .executeTakeFirst();
    const rows = await this.#db
      .selectFrom('bellwire_nodes')
      .select('id')
      .where('seen_at', '>', sql<number>`${databaseNow} - ${sql.lit(DEAD_AFTER_MS)}`)
      .orderBy('id')
      .execute();
    return { alive: rows.map((row) => row.id), is_leader: leader !== undefined };
  }
}
