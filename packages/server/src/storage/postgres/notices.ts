import { Client, type Pool } from 'pg';
import type { Clock } from '../../ports/clock.ts';
import type { Invalidation, Invalidations } from '../invalidations.ts';

/** Interval at which the connection is checked, and how long its answer may take. */
const CHECK_MS = 2_000;
const ANSWER_MS = 1_000;

export interface NoticesOptions {
  readonly url: string;
  /** The schema of the tables: nodes of other ones have their own channel. */
  readonly schema: string | null;
  readonly pool: Pool;
  readonly node_id: string;
  readonly clock: Clock;
  readonly invalidations: Invalidations;
}

/** A change and the node that it comes from. */
interface Notice {
  readonly node_id: string;
  readonly change: Invalidation;
}

const KINDS: ReadonlySet<string> = new Set<Invalidation['kind']>(['hook', 'catalog', 'tenant', 'api_key']);

const parse = (text: string | undefined): Notice | null => {
  try {
    const notice = JSON.parse(text ?? '') as Notice;
    return KINDS.has(notice.change.kind) ? notice : null;
  } catch {
    // Of another application that uses the channel.
    return null;
  }
};

/**
 * Tells other nodes what has changed, so that their caches do not wait for their age limit. Only a hint: a notice can be
 * lost, and a pooler in transaction mode delivers none.
 */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #channel: string;
  #client: Client | null = null;
  #cancel: () => void = () => undefined;
  #checking: Promise<void> = Promise.resolve();
  #is_closed = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
    this.#channel = options.schema === null ? 'bellwire' : `bellwire_${options.schema}`;
  }

  /** Begins to send and to listen. Does not fail: it tries again until it is closed. */
  async open(): Promise<void> {
    this.#options.invalidations.forwardTo((change) => this.#send(change));
    await this.#check();
    this.#next();
  }

  async close(): Promise<void> {
    this.#is_closed = true;
    this.#cancel();
    await this.#checking;
    await this.#end();
  }

  #send(change: Invalidation): void {
    const { pool, node_id } = this.#options;
    const notice: Notice = { node_id, change };
    void pool
      .query('select pg_notify($1, $2)', [this.#channel, JSON.stringify(notice)])
      .catch(() => undefined);
  }

  #next(): void {
    if (this.#is_closed) return;
    this.#cancel = this.#options.clock.after(
      CHECK_MS,
      () => {
        this.#checking = this.#check();
        void this.#checking.then(() => this.#next());
      },
      { keeps_alive: false },
    );
  }

  /** Connects again unless the connection answers. A connection that is lost on the way shows no error by itself. */
  async #check(): Promise<void> {
    try {
      if (this.#client === null) await this.#connect();
      else await this.#client.query('select 1');
    } catch {
      await this.#end();
    }
  }

  async #connect(): Promise<void> {
    const { url, node_id, invalidations } = this.#options;
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
      application_name: 'bellwire notices',
    });
    this.#client = client;
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => {
      const notice = parse(payload);
      if (notice !== null && notice.node_id !== node_id) invalidations.apply(notice.change);
    });
    await client.connect();
    await client.query(`listen ${client.escapeIdentifier(this.#channel)}`);
  }

  async #end(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    // Not awaited: the end of a connection that is lost is never confirmed.
    void client?.end().catch(() => undefined);
  }
}
