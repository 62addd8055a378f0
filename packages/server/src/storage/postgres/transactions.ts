import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { SendableHook } from '../../core/hook.ts';
import type { IdFactory } from '../../core/ids.ts';
import type { CommitBatch, HookThrottle } from '../../ports/store.ts';
import type { Cipher } from '../cipher.ts';
import type { Invalidations } from '../invalidations.ts';
import { ageOptions, type MaxAge } from '../max-age.ts';
import { Batch, type HookView } from '../store/batch.ts';
import type { IndexedHook } from '../store/indexed-hook.ts';
import { KnownTenants } from '../store/tenant-writer.ts';
import { toHookThrottle } from '../store/to-hook-throttle.ts';
import { AlreadyChanged } from './already-changed.ts';
import { createCommitParts } from './commit-parts.ts';
import type { PostgresDatabase } from './database.ts';
import { type Facts, type Needs, readFacts } from './facts.ts';
import { createFlush, type Flush } from './flush.ts';
import { HookIndex } from './hook-index.ts';
import { createHookReader, type HookReader } from './hook-reader.ts';
import { type Session, transact } from './session.ts';
import { stopSlice } from './stop-deliveries.ts';
import { isLost } from './storage-error.ts';
import { UNKNOWN_AFTER_MS } from './lost-leases.ts';
import { Watermarks } from './watermarks.ts';
import { WriteSet } from './write-set.ts';

export interface TransactionsOptions {
  readonly database: PostgresDatabase;
  readonly cipher: Cipher;
  readonly invalidations: Invalidations;
  readonly ids: IdFactory;
  /** Identifies the owner of the leases: new at each start. */
  readonly node_id: string;
  /** The id of an event for receivers of a dialect; null if it is the event's own id. */
  readonly wireIdOf: (dialect: string, event_id: string) => string | null;
  /** How long this node may use what it has read of hooks. */
  readonly max_age: MaxAge;
}

/** When a transaction runs, and whether it may lease the deliveries that it releases. */
interface When {
  readonly now: number;
  readonly leasing?: Pick<CommitBatch, 'lease_until' | 'saturated_hooks'>;
}

/** The decisions of a transaction that has locked what it needs. */
export interface Deciding {
  readonly batch: Batch;
  readonly parts: ReturnType<typeof createCommitParts>;
}

/** A transaction whose writes are sent. Apply it to memory once it is committed. */
export interface Decided<T> {
  readonly result: T;
  readonly batch: Batch;
}

const HOOKS_MAX = 20_000;
/** Hooks of which a node remembers that it has reported a throttle. */
const REPORTED_MAX = 100_000;
/** Waiting deliveries that one transaction holds for the hooks that it disables: per hook, and in total. */
const HELD_PER_HOOK = 200;
const HELD_MAX = 500;

/** The hooks of the index, except that those which the transaction has locked are as they are now. */
const viewOf = (index: HookIndex, { indexed }: Facts): HookView => ({
  hook: (workspace_id, id) => {
    if (!indexed.has(id)) return index.hook(workspace_id, id);
    const hook = indexed.get(id);
    return hook?.workspace_id === workspace_id ? hook : undefined;
  },
  subscribers: (workspace_id, type, tenant) => {
    const found = index.subscribers(workspace_id, type, tenant);
    return indexed.size === 0
      ? found
      : found.flatMap((hook) => (indexed.has(hook.id) ? (indexed.get(hook.id) ?? []) : hook));
  },
});

const isClosed = (hook: IndexedHook | undefined): boolean => (hook?.throttle?.state ?? 'closed') === 'closed';

const isUnlimited = (hook: IndexedHook): boolean => isClosed(hook) && (hook.throttle?.width ?? null) === null;

/** The transactions of one node, with what the node keeps in memory of hooks and tenants. */
export class Transactions {
  readonly #options: TransactionsOptions;
  readonly #reader: HookReader;
  readonly index: HookIndex;
  readonly watermarks = new Watermarks();
  readonly #sendable: LRUCache<string, { readonly hook: SendableHook | null }>;
  readonly #known_tenants: KnownTenants;
  readonly #flush: Flush;
  /** Hooks that were last reported as held back or ramping up: other nodes may have ended it since. */
  readonly #held_back = new LRUCache<string, true>(atMost(REPORTED_MAX));
  /** The time of the last transaction. */
  #now = 0;
  #lost_at: number | null = null;
  /** Called after a commit that changed throttles or kept deliveries waiting. */
  onThrottled: (throttles: readonly HookThrottle[]) => void = () => undefined;

  constructor(options: TransactionsOptions) {
    const { database, cipher, invalidations, max_age } = options;
    this.#options = options;
    this.#reader = createHookReader(database.db, cipher);
    this.index = new HookIndex(this.#reader, max_age, (hooks) => this.#onChanged(hooks));
    this.#sendable = new LRUCache({ ...atMost(HOOKS_MAX), ...ageOptions(max_age) });
    this.#known_tenants = new KnownTenants(max_age);
    this.#flush = createFlush(database.db);
    invalidations.subscribe((changed) => {
      if (changed.kind === 'tenant') this.#known_tenants.delete(changed);
      if (changed.kind !== 'hook') return;
      this.index.invalidate(changed.workspace_id, changed.hook_id);
      this.#sendable.delete(changed.hook_id);
    });
  }

  /** Runs a transaction about these workspaces, and again if other nodes disturb it. */
  run<T>(work: (session: Session) => Promise<T>, workspaces: readonly string[] = []): Promise<T> {
    // Before the transaction has a connection: it would wait for another one.
    const prepare = () => this.index.prepare(workspaces);
    return transact(this.#options.database, prepare, async (session) => {
      try {
        return await work(session);
      } catch (error) {
        if (error instanceof AlreadyChanged) this.index.expire();
        throw error;
      }
    }).catch((error: unknown) => {
      // The database may have committed it: then this node has leases that it does not know.
      if (isLost(error)) this.#lost_at = this.#options.max_age.monotonic();
      throw error;
    });
  }

  /** Whether there can be leases of this node that it does not know, since a connection was lost during a commit. */
  mayHaveUnknownLeases(): boolean {
    return this.#lost_at !== null;
  }

  /** Call it when all unknown leases of more than some seconds ago were released. */
  releasedUnknownLeases(): void {
    const age = this.#options.max_age.monotonic() - (this.#lost_at ?? 0);
    if (age > 2 * UNKNOWN_AFTER_MS) this.#lost_at = null;
  }

  /** Locks what is needed, decides, and sends the writes, inside the open transaction. */
  async decide<T>(
    session: Session,
    { now, leasing }: When,
    { needs, decide }: { readonly needs: Needs; readonly decide: (deciding: Deciding) => T | Promise<T> },
  ): Promise<Decided<T>> {
    this.#now = now;
    const facts = await readFacts(session, needs, this.#reader);
    const writes = new WriteSet(facts);
    const batch = new Batch(now, viewOf(this.index, facts), leasing);
    const parts = createCommitParts(writes, { ...this.#options, known_tenants: this.#known_tenants });
    const result = await decide({ batch, parts });
    await this.#flush(session, writes, batch);
    for (const { hook_id, next_attempt_at } of writes.changed) {
      if (next_attempt_at !== null) this.watermarks.wait(hook_id, next_attempt_at);
    }
    for (const hook_id of writes.disabled) {
      const limit = Math.min(HELD_PER_HOOK, HELD_MAX - batch.held);
      if (limit > 0) batch.held += await stopSlice(session, hook_id, { now, limit });
    }
    return { result, batch };
  }

  /** Applies a committed transaction to memory, and returns its result. */
  applied<T>({ result, batch }: Decided<T>): T {
    const { hooks, changed_status, tenants } = batch.changes;
    for (const hook of hooks) {
      const { workspace_id, id: hook_id } = hook;
      const is_new_state = isClosed(this.index.known(workspace_id, hook_id)) !== isClosed(hook);
      this.index.patch(hook);
      if (is_new_state) this.#options.invalidations.publish({ kind: 'hook', workspace_id, hook_id });
    }
    for (const id of changed_status) this.#sendable.delete(id);
    for (const tenant of tenants) this.#known_tenants.add(tenant);
    this.#report(batch.throttles());
    return result;
  }

  /** Whether a hook was last reported as held back or ramping up. */
  isHeldBack(hook_id: string): boolean {
    return this.#held_back.has(hook_id);
  }

  /** Other nodes change throttles too. */
  #onChanged(hooks: readonly IndexedHook[]): void {
    const about = hooks.filter((hook) => !isUnlimited(hook) || this.#held_back.has(hook.id));
    this.#report(about.map((hook) => toHookThrottle(hook, { waits: true, now: this.#now })));
  }

  #report(throttles: readonly HookThrottle[]): void {
    if (throttles.length === 0) return;
    for (const { hook_id, state, width } of throttles) {
      if (state === 'closed' && width === null) this.#held_back.delete(hook_id);
      else this.#held_back.set(hook_id, true);
    }
    this.onThrottled(throttles);
  }

  /** The hooks as they are sent, by id. A deleted hook is missing; one that cannot be decrypted is null. */
  async sendable(ids: readonly string[]): Promise<ReadonlyMap<string, SendableHook | null>> {
    const found = new Map<string, SendableHook | null>();
    const missing: string[] = [];
    for (const id of ids) {
      const known = this.#sendable.get(id);
      if (known === undefined) missing.push(id);
      else found.set(id, known.hook);
    }
    for (const [id, hook] of await this.#reader.sendable(missing)) {
      this.#sendable.set(id, { hook });
      found.set(id, hook);
    }
    return found;
  }

  /** Reads these hooks again before they are sent. */
  expireSendable(hook_ids: readonly string[]): void {
    for (const id of hook_ids) this.#sendable.delete(id);
  }
}
