import { BellwireError } from '../../core/errors.ts';
import type { ScrubProgress, ScrubStatus, Store } from '../../ports/store.ts';
import type { SqliteDatabase } from './database.ts';
import { prepare } from './prepared.ts';

type Slice = Parameters<Store['scrub']>[0];

/** The latest completed pass. */
interface LastPass {
  readonly number: number;
  /** When it began, in milliseconds; 0 before the first pass. */
  readonly began_at: number;
}

const RETRY_MS = 3_600_000;

const KEY = 'last_scrub';

const createStatements = ({ db, raw }: SqliteDatabase) => ({
  select: prepare<{ key: string }, { value: string }>(raw, (param) =>
    db.selectFrom('bellwire_meta').select('value').where('key', '=', param('key')),
  ),
  upsert: prepare<{ key: string; value: string }>(raw, (param) =>
    db
      .insertInto('bellwire_meta')
      .values({ key: param('key'), value: param('value') })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: param('value') })),
  ),
});

const failed = (cause: unknown): BellwireError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BellwireError(
    'storage_failed',
    `Deleted rows could not be removed from the database file (${reason}). Nothing is lost; the next pass begins in an hour. Databases with auto_vacuum are not supported: run "pragma auto_vacuum = none; vacuum" on a stopped server.`,
    { cause },
  );
};

/** Numbers the walks of the scrubber over the file, and remembers the latest completed one across restarts. */
export class ScrubPasses {
  readonly #database: SqliteDatabase;
  readonly #statements: ReturnType<typeof createStatements>;
  #last: LastPass | null = null;
  /** When the pass in progress began; null if there is none. */
  #began_at: number | null = null;
  #is_requested = false;
  #failed_at: number | null = null;
  #has_deleted: boolean;

  constructor(database: SqliteDatabase, { is_new = false }: { readonly is_new?: boolean } = {}) {
    // An earlier process can have deleted rows after its last pass.
    this.#has_deleted = !is_new;
    this.#database = database;
    this.#statements = createStatements(database);
  }

  /** Call it after rows were deleted. */
  deleted(): void {
    this.#has_deleted = true;
  }

  async request(): Promise<number> {
    const { number } = await this.#lastPass();
    this.#is_requested = true;
    // A pass in progress may be past the deleted rows.
    return number + (this.#began_at === null ? 1 : 2);
  }

  async completed(): Promise<number> {
    return (await this.#lastPass()).number;
  }

  async status(): Promise<ScrubStatus> {
    return {
      completed: await this.completed(),
      is_running: this.#began_at !== null,
      has_failed: this.#failed_at !== null,
    };
  }

  /** One call at a time. */
  async run({ now, every_ms }: Slice): Promise<ScrubProgress> {
    const { number, began_at } = await this.#lastPass();
    if (this.#failed_at !== null && Math.abs(now - this.#failed_at) < RETRY_MS) {
      return { completed: number, has_more: false };
    }
    if (this.#began_at === null) {
      const is_due = this.#has_deleted && Math.abs(now - began_at) >= every_ms;
      if (!this.#is_requested && !is_due) return { completed: number, has_more: false };
      this.#begin(now);
    }
    try {
      return await this.#slice(number);
    } catch (error) {
      this.#began_at = null;
      this.#is_requested = true;
      this.#failed_at = now;
      throw failed(error);
    }
  }

  async #slice(last: number): Promise<ScrubProgress> {
    const { scrubber, withEmptyLog } = this.#database;
    await scrubber.prefetch();
    // Null while a reader needs the log: nothing was scrubbed.
    const result = await withEmptyLog(() => scrubber.slice());
    await scrubber.sync();
    if (result !== 'done') return { completed: last, has_more: result === 'more' };
    return { completed: await this.#complete(last + 1), has_more: this.#is_requested };
  }

  #begin(now: number): void {
    this.#failed_at = null;
    this.#began_at = now;
    this.#is_requested = false;
    this.#has_deleted = false;
    this.#database.scrubber.restart();
  }

  async #complete(number: number): Promise<number> {
    const last = { number, began_at: this.#began_at ?? 0 };
    // The commit also syncs the write-ahead log, so a power cut cannot bring back frames that were truncated.
    await this.#database.write(
      'other',
      () => this.#statements.upsert.run({ key: KEY, value: JSON.stringify(last) }),
      () => {},
    );
    this.#last = last;
    this.#began_at = null;
    return number;
  }

  async #lastPass(): Promise<LastPass> {
    return (this.#last ??= await this.#database.read('other', () => {
      const row = this.#statements.select.get({ key: KEY });
      return row === undefined ? { number: 0, began_at: 0 } : (JSON.parse(row.value) as LastPass);
    }));
  }
}
