import { dialectOf } from './dialects.ts';
import type { Handle } from './handling.ts';
import type { Inbox, Settlement, Waiting } from './inbox.ts';
import { type Log, messageOf } from './log.ts';
import { contentOf, parseBody } from './read-event.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long an event waits after its first failure, its second and so on; the last one repeats. */
const RETRY_DELAYS_MS = [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR];

/** How many events are taken at once. At most this many handlers run again after a crash. */
const BATCH = 64;

/** The longest sleep: the command for dead letters puts events back without a word to us. */
const NAP_MS = SECOND;

const LONGEST_ERROR = 500;

const PROCESS_ENDED = 'the process ended while it was handled';

export interface WorkerOptions {
  readonly inbox: Inbox;
  readonly handle: Handle;
  readonly max_attempts: number;
  readonly concurrency: number;
  readonly log: Log;
}

const runHandler = async (handle: Handle, waiting: Waiting): Promise<void> => {
  const dialect = dialectOf(waiting.dialect);
  const body = parseBody(dialect, waiting.content_type, waiting.body);
  if (body === null) throw new Error('what is stored is no JSON object any more');
  await handle({
    id: waiting.id,
    type: waiting.type,
    ...contentOf(dialect, body),
    received_at: new Date(waiting.received_at).toISOString(),
    attempt: waiting.attempts + 1,
  });
};

const delayAfter = (failures: number): number =>
  RETRY_DELAYS_MS[Math.min(failures, RETRY_DELAYS_MS.length) - 1] ?? SECOND;

/** Sleeps that all end when they are told to. */
const createNaps = () => {
  const ends = new Set<() => void>();
  return {
    nap: (ms: number) =>
      new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          ends.delete(end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        ends.add(end);
      }),
    wake: () => ends.forEach((end) => end()),
  };
};

/**
 * From `start` on it handles the events that wait, in the order of their arrival, until it is stopped. An event that
 * fails waits longer each time, and is dead after `max_attempts`. One that ends the process fails, too.
 */
export const createWorker = ({ inbox, handle, max_attempts, concurrency, log }: WorkerOptions) => {
  const { nap, wake } = createNaps();
  const stopping = new AbortController();
  let running = true;
  let ended = Promise.resolve();

  const failure = ({ seq, id, type, attempts }: Waiting, error: string): Settlement => {
    const failures = attempts + 1;
    const dead = failures >= max_attempts;
    log(dead ? 'error' : 'warn', dead ? 'dead' : 'failed', { id, type, attempt: failures, error });
    const now = Date.now();
    return { seq, failed_at: now, error, due_at: dead ? null : now + delayAfter(failures) };
  };

  const attempt = async (waiting: Waiting): Promise<Settlement> => {
    const { seq, id, type, attempts } = waiting;
    const started = performance.now();
    try {
      await runHandler(handle, waiting);
      const took_ms = Math.round(performance.now() - started);
      log('debug', 'handled', { id, type, attempt: attempts + 1, took_ms });
      return { seq, handled_at: Date.now() };
    } catch (error) {
      return failure(waiting, messageOf(error).slice(0, LONGEST_ERROR));
    }
  };

  /** The handler has run, so this is tried until it is written: to run it again would be worse than to wait. */
  const record = async (settlement: Settlement): Promise<void> => {
    for (;;) {
      try {
        return await inbox.settle(settlement);
      } catch (error) {
        log('error', 'inbox_not_written', { error: messageOf(error) });
        if (stopping.signal.aborted) return;
        await nap(NAP_MS);
      }
    }
  };

  const work = async (batch: readonly Waiting[]): Promise<void> => {
    await inbox.take(batch);
    const rest = batch.values();
    const records: Promise<void>[] = [];
    const runner = async () => {
      for (const waiting of rest) {
        if (stopping.signal.aborted) records.push(inbox.letGo([waiting]));
        else records.push(record(await attempt(waiting)));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, runner));
    // Whatever is not recorded yet would be found again.
    await Promise.all(records);
  };

  /**
   * Counts an attempt for the event during which the last process ended. Where several were taken nobody can say which
   * of them it was: then none is counted, but each is taken alone, so that the next end says it.
   */
  const recover = async (): Promise<void> => {
    const events = inbox.underWay();
    const [first, second] = events;
    if (first === undefined) return;
    log('warn', 'interrupted', { ids: events.map(({ id }) => id) });
    const counted = second === undefined ? inbox.settle(failure(first, PROCESS_ENDED)) : undefined;
    // In the same turn, so in the same transaction.
    await Promise.all([counted, inbox.interrupt(events)]);
  };

  const untilDue = (): number => Math.max(0, Math.min(NAP_MS, (inbox.nextDueAt() ?? Infinity) - Date.now()));

  const loop = async (): Promise<void> => {
    let recovered = false;
    while (!stopping.signal.aborted) {
      try {
        if (!recovered) await recover();
        recovered = true;
        const batch = inbox.due(Date.now(), BATCH);
        await (batch.length > 0 ? work(batch) : nap(untilDue()));
      } catch (error) {
        log('error', 'inbox_not_read', { error: messageOf(error) });
        await nap(NAP_MS);
      }
    }
    running = false;
  };

  return {
    start: (): void => {
      ended = loop();
    },
    /** Says that an event came. */
    wake,
    isRunning: () => running,
    /** Fulfilled when the handler under way is done and recorded. */
    stop: (): Promise<void> => {
      stopping.abort();
      wake();
      return ended;
    },
  };
};
