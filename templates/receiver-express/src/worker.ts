import { EventEmitter, once } from 'node:events';
import type { Handle, Received } from './handling.ts';
import type { Claimed, Inbox } from './inbox.ts';
import { type Log, messageOf } from './log.ts';
import type { Settings } from './settings.ts';
import { type ReceiverDialect, receiverDialects } from './verify.ts';

/** The delays after the first failure, the second and so on; the last one repeats. */
const RETRY_DELAYS_S = [1, 5, 30, 120, 600, 3600, 21_600];

/** The longest sleep: another process may put back dead letters. */
const NAP_MS = 1000;

const MAX_ERROR = 500;

type JsonObject = Readonly<Record<string, unknown>>;

const receivedOf = ({ id, type, attempts, received_at, ...event }: Claimed): Received => {
  const { data: keys, data_without, previous_data }: ReceiverDialect = receiverDialects[event.dialect];
  const body = JSON.parse(event.body) as JsonObject;
  const found = keys.reduce<unknown>((value, key) => (value as JsonObject | null | undefined)?.[key], body);
  const isKept = ([key]: readonly [string, unknown]): boolean => !data_without.includes(key);
  return {
    id,
    type,
    data: data_without.length === 0 ? found : Object.fromEntries(Object.entries(body).filter(isKept)),
    ...(previous_data ? { previous_data: body['previous_data'] } : {}),
    received_at: new Date(received_at).toISOString(),
    attempt: attempts,
    body,
  };
};

export interface WorkerOptions {
  readonly settings: Settings;
  readonly inbox: Inbox;
  readonly handle: Handle;
  readonly log: Log;
}

/** Handles the waiting events in the order of arrival. One that fails is tried again, until it is dead. */
export const createWorker = ({ settings, inbox, handle, log }: WorkerOptions) => {
  const stopping = new AbortController();
  const arrivals = new EventEmitter().setMaxListeners(0);
  let ended: Promise<unknown> = Promise.resolve();

  const wake = (): void => void arrivals.emit('wake');
  const nap = (): Promise<unknown> =>
    once(arrivals, 'wake', { signal: AbortSignal.timeout(NAP_MS) }).catch(() => {});

  /** Repeats a step until the inbox allows it: after a handler has run, handling its event again would be worse. */
  const persist = async (step: () => unknown, failure = 'inbox_not_written'): Promise<void> => {
    for (;;) {
      try {
        await step();
        return;
      } catch (error) {
        log('error', failure, { error: messageOf(error) });
        if (stopping.signal.aborted) return;
        await nap();
      }
    }
  };

  const fail = (event: Claimed, error: string): Promise<void> => {
    const { id, type, attempts: attempt } = event;
    const isDead = attempt >= settings.MAX_ATTEMPTS;
    log(isDead ? 'error' : 'warn', isDead ? 'dead' : 'failed', { id, type, attempt, error });
    const delay_s = RETRY_DELAYS_S[Math.min(attempt, RETRY_DELAYS_S.length) - 1] ?? 0;
    const due_at = Date.now() + delay_s * 1000;
    return persist(() => (isDead ? inbox.dead(event, error) : inbox.failed(event, error, due_at)));
  };

  const attempt = async (event: Claimed): Promise<void> => {
    const started = performance.now();
    try {
      await handle(receivedOf(event));
    } catch (error) {
      return fail(event, messageOf(error).slice(0, MAX_ERROR));
    }
    const { id, type, attempts } = event;
    const took_ms = Math.round(performance.now() - started);
    log('debug', 'handled', { id, type, attempt: attempts, took_ms });
    await persist(() => inbox.handled(event));
  };

  /**
   * The process ended while these events were handled. If several were, any of them may be the cause: their attempts
   * do not count, and each is handled alone, so that the next crash has one suspect.
   */
  const recover = async (): Promise<void> => {
    const events = inbox.interrupted();
    const [only, ...others] = events;
    if (only === undefined) return;
    log('warn', 'interrupted', { ids: events.map(({ id }) => id) });
    if (others.length === 0) return fail(only, 'the process ended while it was handled');
    inbox.release();
    for (const event of events) {
      if (stopping.signal.aborted) return;
      inbox.claimAgain(event);
      await attempt(event);
    }
  };

  const next = async (): Promise<void> => {
    const event = inbox.claim();
    await (event === undefined ? nap() : attempt(event));
  };

  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) await persist(next, 'inbox_not_read');
  };

  return {
    start: (): void => {
      ended = persist(recover, 'inbox_not_read').then(() =>
        Promise.all(Array.from({ length: settings.CONCURRENCY }, work)),
      );
    },
    wake,
    /** Fulfilled once the current handlers have ended and their outcome is recorded. */
    stop: (): Promise<unknown> => {
      stopping.abort();
      wake();
      return ended;
    },
  };
};
