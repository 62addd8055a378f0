import { attemptFields } from '../core/attempt.ts';
import type { Delivery } from '../core/delivery.ts';
import { BellwireError } from '../core/errors.ts';
import type { SingleDelivery } from '../delivery/accept.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Repositories, StoredAttempt } from '../ports/repositories.ts';
import type { AttemptRecord } from '../ports/store.ts';

/** The result of a send that its caller waited for. */
export interface AwaitedSend {
  readonly delivery_id: string;
  /** The attempt as it is recorded; null if it did not end in time or was returned unsent. The delivery continues. */
  readonly attempt: StoredAttempt | null;
}

export interface AwaitedSendsOptions {
  readonly repositories: Repositories;
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly clock: Clock;
  /** Replaces the timeout of every dialect; a hook's own wins. */
  readonly timeout_ms: number | null;
}

/** Calls that wait for one hook at the same time: each holds a connection of the API for as long as the receiver takes. */
const MAX_WAITING = 8;
/** Beyond the attempt's timeout: queueing and recording. */
const GRACE_MS = 5_000;
const MAX_TIMEOUT_MS = 60_000;

// Not read back: the read could fail, and the answer would then deny a request that was sent.
const storedAttempt = (delivery: Delivery, attempt: AttemptRecord): StoredAttempt => {
  const { id, started_at, remote_address, request, response } = attempt;
  return { id, started_at, remote_address, request, response, ...attemptFields(delivery, attempt) };
};

/** Waits for single attempts: test sends, pings and manual retries. */
export class AwaitedSends {
  readonly #options: AwaitedSendsOptions;
  readonly #waiting = new Map<string, number>();

  constructor(options: AwaitedSendsOptions) {
    this.#options = options;
  }

  /**
   * Runs `send` and waits for its attempt: at most for the hook's timeout and five seconds.
   * @throws BellwireError `too_many_requests` while eight calls wait for this hook, and what `send` throws.
   */
  async run(
    at: { readonly workspace_id: string; readonly hook_id: string },
    send: () => Promise<SingleDelivery>,
  ): Promise<AwaitedSend> {
    const { workspace_id, hook_id } = at;
    const limit_ms = (await this.#timeoutOf(workspace_id, hook_id)) + GRACE_MS;
    this.#enter(hook_id);
    try {
      const { delivery, attempt } = await send();
      const ended = await this.#within(limit_ms, attempt);
      return { delivery_id: delivery.id, attempt: ended === null ? null : storedAttempt(delivery, ended) };
    } finally {
      this.#leave(hook_id);
    }
  }

  #enter(hook_id: string): void {
    const waiting = this.#waiting.get(hook_id) ?? 0;
    if (waiting >= MAX_WAITING) {
      const message = `${MAX_WAITING} calls already wait for the receiver of the hook ${hook_id}. Nothing was sent; try again when they have ended.`;
      throw new BellwireError('too_many_requests', message, { retry_after_s: 1 });
    }
    this.#waiting.set(hook_id, waiting + 1);
  }

  #leave(hook_id: string): void {
    const waiting = (this.#waiting.get(hook_id) ?? 1) - 1;
    if (waiting === 0) this.#waiting.delete(hook_id);
    else this.#waiting.set(hook_id, waiting);
  }

  async #timeoutOf(workspace_id: string, hook_id: string): Promise<number> {
    const { repositories, dialects, timeout_ms } = this.#options;
    const hook = await repositories.hooks.get(workspace_id, hook_id);
    if (hook === null) return MAX_TIMEOUT_MS;
    return hook.timeout_ms ?? timeout_ms ?? dialects.get(hook.dialect)?.timeout_ms ?? MAX_TIMEOUT_MS;
  }

  #within(limit_ms: number, attempt: Promise<AttemptRecord | null>): Promise<AttemptRecord | null> {
    const { promise, resolve } = Promise.withResolvers<AttemptRecord | null>();
    const cancel = this.#options.clock.after(limit_ms, () => resolve(null));
    void attempt.then(resolve);
    return promise.finally(cancel);
  }
}
