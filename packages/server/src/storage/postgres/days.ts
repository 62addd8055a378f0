import { type Kysely, sql } from 'kysely';
import { BellwireError } from '../../core/errors.ts';
import { firstIdAt, timeOfId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Schema } from '../schema.ts';
import { codeOf } from './storage-error.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Days whose partitions are created before they begin. */
const AHEAD = 7;

/** A day of UTC. Ids of its time are from `evt.from` or `dlv.from`, inclusive, to `to`, exclusive. */
export interface Day {
  /** As in the names of partitions: `20261122`. */
  readonly name: string;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly evt: { readonly from: string; readonly to: string };
  readonly dlv: { readonly from: string; readonly to: string };
}

export const dayAt = (time: number): Day => {
  const starts_at = Math.max(0, Math.floor(time / DAY_MS) * DAY_MS);
  const ends_at = starts_at + DAY_MS;
  const range = (prefix: 'evt' | 'dlv') => ({
    from: firstIdAt(prefix, starts_at),
    to: firstIdAt(prefix, ends_at),
  });
  const date = new Date(starts_at);
  const name = date.getUTCFullYear() * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
  return {
    name: String(name).padStart(8, '0'),
    starts_at,
    ends_at,
    evt: range('evt'),
    dlv: range('dlv'),
  };
};

/** The day of a name in a partition; undefined for the name of another table. */
export const dayNamed = (name: string): Day | undefined => {
  const [, year = '', month = '', date = ''] = /^(\d{4,5})(\d\d)(\d\d)$/.exec(name) ?? [];
  return year === '' ? undefined : dayAt(Date.UTC(Number(year), Number(month) - 1, Number(date)));
};

/** The time of the id for which a table has no partition; null for any other error. */
export const missingTimeOf = (error: unknown): number | null => {
  if (codeOf(error) !== '23514' || !(error instanceof Error) || !('detail' in error)) return null;
  const [, id] = /\(((?:evt|dlv)_[0-9a-z]{10,})\)/.exec(String(error.detail)) ?? [];
  const time = id === undefined ? Number.NaN : timeOfId(id);
  return time >= 0 ? time : null;
};

const refused = (error: unknown): never => {
  if (codeOf(error) !== '42501') throw error;
  throw new BellwireError(
    'database_not_migrated',
    'The role of BELLWIRE_DATABASE_URL may not call bellwire_create_day, which creates the partitions of the next days. As the owner of the tables, grant it execute on all functions in their schema.',
    { cause: error },
  );
};

/** The partitions of days. Those of the next week are created ahead, any other when the first row needs it. */
export class Days {
  readonly #db: Kysely<Schema>;
  /** By name, once they exist. */
  readonly #known = new Set<string>();
  #cancel: () => void = () => undefined;
  #is_closed = false;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Creates the partitions of the days of these times that do not exist.
   * @throws BellwireError `database_not_migrated` if the role may not do that.
   */
  async create(times: Iterable<number>): Promise<void> {
    const days = new Map([...times].map(dayAt).map((day) => [day.name, day]));
    for (const { name, evt, dlv } of days.values()) {
      if (this.#known.has(name)) continue;
      const create = sql.table('bellwire_create_day');
      await sql`select ${create}(${name}, ${evt.from}, ${evt.to}, ${dlv.from}, ${dlv.to})`
        .execute(this.#db)
        .catch(refused);
      this.#known.add(name);
    }
  }

  /** Creates the partitions of a week. The day before is that of nodes whose clocks differ. */
  createAhead(now: number): Promise<void> {
    return this.create(Array.from({ length: AHEAD + 2 }, (_, day) => now + (day - 1) * DAY_MS));
  }

  /** Creates the partitions of a day again, which another node may have dropped. */
  createAgain(time: number): Promise<void> {
    this.#known.delete(dayAt(time).name);
    return this.create([time]);
  }

  /** Creates the partitions of the next days now and each hour, until `close`. */
  async keepAhead(clock: Clock): Promise<void> {
    await this.createAhead(clock.now());
    this.#next(clock);
  }

  close(): void {
    this.#is_closed = true;
    this.#cancel();
  }

  #next(clock: Clock): void {
    if (this.#is_closed) return;
    this.#cancel = clock.after(
      HOUR_MS,
      // If it fails, a partition is created when the first row needs it.
      () =>
        void this.createAhead(clock.now())
          .catch(() => undefined)
          .then(() => this.#next(clock)),
      { keeps_alive: false },
    );
  }
}
