import { setTimeout as delay } from 'node:timers/promises';
import { startReceiver } from './receiver.ts';

/** A webhook that was received completely and answered. */
interface Reception {
  readonly hook: string;
  readonly event_id: string;
  readonly status: number;
  /** When it was received completely. */
  readonly at: number;
  /** `data.n` of the event. */
  readonly n: number;
}

export interface Answering {
  readonly status: number;
  readonly delay_ms?: number;
}

/** `event hook`: identifies a delivery for a receiver. */
export const deliveryKey = (event_id: string, hook: string): string => `${event_id} ${hook}`;

/** A receiver that answers each hook as `answerOf` decides and records every request. */
export const startCountingReceiver = async (
  answerOf: (hook: string, event_id: string) => Answering = () => ({ status: 200 }),
) => {
  const receptions: Reception[] = [];
  const receiver = await startReceiver(async ({ path, headers, body }) => {
    const [hook, event_id] = [path.slice(1), headers['webhook-id']!];
    const { status, delay_ms = 0 } = answerOf(hook, event_id);
    const { data } = JSON.parse(body.toString()) as { readonly data: { readonly n: number } };
    receptions.push({ hook, event_id, status, at: Date.now(), n: data.n });
    if (delay_ms > 0) await delay(delay_ms, null, { ref: false });
    return { status };
  });
  return {
    urlOf: (hook: string): string => `${receiver.origin}/${hook}`,
    receptions,
    /** By `event hook`, the receptions of each delivery that was answered with 2xx more than once. */
    duplicates: () => {
      const accepted = receptions.filter(({ status }) => status < 300);
      const all = Map.groupBy(accepted, ({ event_id, hook }) => deliveryKey(event_id, hook));
      return new Map([...all].filter(([, same]) => same.length > 1));
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
};

export type CountingReceiver = Awaited<ReturnType<typeof startCountingReceiver>>;
