import { once } from 'node:events';
import { handlers, otherwise } from './handlers.ts';
import type { Received } from './handling.ts';
import type { Inbox, InboxEvent } from './inbox.ts';
import { log } from './log.ts';
import { settings } from './settings.ts';
import { type ReceiverDialect, receiverDialects } from './verify.ts';

/** The delays after the first failure, the second and so on; the last one repeats. */
const RETRY_DELAYS_S = [1, 5, 30, 120, 600, 3600, 21_600];

type JsonObject = Readonly<Record<string, unknown>>;
type Handle = (event: Received) => Promise<void> | void;

// A handler gets only events of its own type, which the compiler cannot follow.
const byType = new Map(Object.entries(handlers) as (readonly [string, Handle | undefined])[]);

const receivedOf = ({ id, type, dialect, body: json, attempts, received_at }: InboxEvent): Received => {
  const { data: keys, data_without, previous_data }: ReceiverDialect = receiverDialects[dialect];
  const body = JSON.parse(json) as JsonObject;
  const whole = Object.fromEntries(Object.entries(body).filter(([key]) => !data_without.includes(key)));
  const data = keys.reduce<unknown>((value, key) => (value as JsonObject | null | undefined)?.[key], whole);
  const previous = previous_data ? { previous_data: body['previous_data'] } : {};
  const time = new Date(received_at).toISOString();
  return { id, type, data, ...previous, received_at: time, attempt: attempts, body };
};

const fail = (inbox: Inbox, { seq, id, type, attempts: attempt }: InboxEvent, error: string): void => {
  const isDead = attempt >= settings.MAX_ATTEMPTS;
  const due_at = Date.now() + 1000 * (RETRY_DELAYS_S[attempt - 1] ?? 21_600);
  inbox.failed(seq, error, isDead ? null : due_at);
  log('error', isDead ? 'dead' : 'failed', { id, type, attempt, error });
};

/** Runs the handler; returns the function that records the outcome. */
const handle = async (inbox: Inbox, event: InboxEvent): Promise<() => void> => {
  const { seq, id, type, attempts: attempt } = event;
  try {
    await (byType.get(type) ?? otherwise)(receivedOf(event));
  } catch (error) {
    return () => fail(inbox, event, String(error).slice(0, 500));
  }
  return () => {
    inbox.handled(seq);
    log('info', 'handled', { id, type, attempt });
  };
};

/** Handles the waiting events one after another. When stopped, it finishes the current one and records its outcome. */
export const work = async (inbox: Inbox, stopped: AbortSignal): Promise<void> => {
  // The event that was handled when the last process ended: perhaps its handler ended it.
  let record = (): void => {
    for (const event of inbox.inState('running'))
      fail(inbox, event, 'the process ended while it was handled');
  };
  for (;;) {
    try {
      // Repeated until it succeeds: an event without an outcome would be handled again.
      record();
      record = () => {};
      if (stopped.aborted) return;
      const event = inbox.claim();
      if (event !== undefined) {
        record = await handle(inbox, event);
        continue;
      }
    } catch (error) {
      log('error', 'inbox_not_written', { error: String(error) });
    }
    // At most a second: a failed event becomes due without a wake.
    await once(inbox, 'wake', { signal: AbortSignal.timeout(1000) }).catch(() => {});
  }
};
