import { coerceError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { AcceptResult, NewEvent, Settlement, SettleResult, Store } from '../ports/store.ts';
import { type Notice, noticesOf, omittedNotice } from './notice.ts';
import { NoticeLimit } from './notice-limit.ts';

export interface NoticesOptions {
  readonly store: Pick<Store, 'subscribers' | 'hooks'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: IdFactory;
  readonly accept: (event: NewEvent) => Promise<AcceptResult>;
}

/** A notice that waits to be stored. Its event keeps its id, so that a second try cannot store it twice. */
interface Waiting {
  readonly notice: Notice;
  readonly event_id: string;
  readonly at: number;
  /** It has passed the limit. */
  is_admitted: boolean;
}

/** Notices that are tried again after a failed commit; it bounds the memory. */
const RETRIED_MAX = 1_000;

const addressOf = ({ notice: { workspace_id, type } }: Waiting): string => `${workspace_id} ${type}`;

/**
 * Stores operational events after the commits that cause them, in commits of their own: a crash in between loses the
 * notice, and nothing stores it twice. Without a subscribed hook, nothing is stored.
 */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #limit = new NoticeLimit();
  #waiting: Waiting[] = [];
  #failed: Waiting[] = [];
  #running: Promise<void> | null = null;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** Reports what a committed settlement has changed. Never throws, and does no work before its caller has finished. */
  settled(settlement: Settlement, result: SettleResult): void {
    for (const notice of noticesOf(settlement, result, this.#options.clock.now())) this.add(notice);
  }

  add(notice: Notice): void {
    const { ids, clock } = this.#options;
    this.#waiting.push({ notice, event_id: ids('evt'), at: clock.now(), is_admitted: false });
    this.#start();
  }

  /** Whether a hook of the workspace receives events of a type. */
  async hasSubscriber(workspace_id: string, type: Notice['type']): Promise<boolean> {
    return (await this.#options.store.subscribers(workspace_id, type)).length > 0;
  }

  /** Tries again what could not be stored, and reports omitted notices, once their window is over; on shutdown, all. */
  flush(all = false): void {
    const { clock } = this.#options;
    const failed = this.#failed.splice(0);
    const now = clock.now();
    for (const omitted of this.#limit.ended(all ? Infinity : clock.monotonic())) {
      this.add(omittedNotice(omitted, now));
    }
    if (failed.length === 0) return;
    this.#waiting.push(...failed);
    this.#start();
  }

  /** Resolves when nothing is waiting. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // One that was added after the last look, and before this.
      if (this.#waiting.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    // One lookup for all that one turn of the event loop reports.
    await new Promise<void>((resolve) => this.#options.clock.soon(resolve));
    while (this.#waiting.length > 0) {
      const groups = Map.groupBy(this.#waiting.splice(0), addressOf);
      for (const group of groups.values()) await this.#storeAll(group);
    }
  }

  async #storeAll(group: readonly Waiting[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const { store } = this.#options;
    const { workspace_id, type } = first.notice;
    try {
      const subscribers = await store.subscribers(workspace_id, type);
      const admitted = group.filter((waiting) => this.#admits(waiting, subscribers));
      const hook_ids = new Set(admitted.flatMap(({ notice }) => notice.hook_id ?? []));
      const hooks = await store.hooks([...hook_ids]);
      await Promise.all(
        admitted.map((waiting) =>
          this.#store(waiting, subscribers, hooks.get(waiting.notice.hook_id ?? '')?.name ?? null),
        ),
      );
    } catch (error) {
      this.#onFailed(group, error);
    }
  }

  #admits(waiting: Waiting, subscribers: readonly string[]): boolean {
    const { hook_id } = waiting.notice;
    if (!subscribers.some((id) => id !== hook_id)) return false;
    waiting.is_admitted ||=
      hook_id === null || this.#limit.admits(waiting.notice, hook_id, this.#options.clock.monotonic());
    return waiting.is_admitted;
  }

  async #store(waiting: Waiting, subscribers: readonly string[], hook_name: string | null): Promise<void> {
    const { notice, event_id, at } = waiting;
    const { workspace_id, type, hook_id } = notice;
    const data = hook_id === null ? notice.data : { ...notice.data, hook_name };
    const others = subscribers.filter((id) => id !== hook_id);
    const hook_ids = others.length === subscribers.length ? null : others;
    try {
      const result = await this.#options.accept({
        id: event_id,
        workspace_id,
        tenant: null,
        type,
        data,
        data_text: JSON.stringify(data),
        previous_data: null,
        previous_data_text: null,
        occurred_at: at,
        created_at: this.#options.clock.now(),
        idempotency_key: null,
        fingerprint: null,
        metadata: null,
        deliver_at: null,
        hook_ids,
        verdicts: null,
        trigger: 'scheduled',
      });
      if (result.kind === 'rejected') {
        this.#options.log.error('the database refused to store an operational event', { workspace_id, type });
      }
      // One of its hooks was deleted in the meantime.
      if (result.kind === 'unknown_hook') this.#failed.push(waiting);
    } catch (error) {
      this.#onFailed([waiting], error);
    }
  }

  #onFailed(failed: readonly Waiting[], error: unknown): void {
    const { log } = this.#options;
    const kept = failed.slice(0, Math.max(0, RETRIED_MAX - this.#failed.length));
    this.#failed.push(...kept);
    const { code } = coerceError(error);
    log.warn('could not store operational events; the next sweep tries again', {
      code,
      events: kept.length,
      dropped: failed.length - kept.length,
    });
  }
}
