import { Agent } from 'undici';
import { ADMIN_KEY } from './server-process.ts';

/** An event whose acceptance was acknowledged. */
export interface Acked {
  readonly event_id: string;
  readonly type: string;
  readonly n: number;
}

export interface LoadOptions {
  /** The URL of the running server; null while there is none. */
  readonly url: () => string | null;
  readonly per_second: number;
  readonly types: readonly string[];
}

const TICK_MS = 10;
const CONNECTIONS = 32;

/** Sends events at a steady rate on keep-alive connections, whether or not earlier ones are answered. */
export const startEventLoad = ({ url, per_second, types }: LoadOptions) => {
  const agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });
  const acked: Acked[] = [];
  const refusals = new Map<string, number>();
  const inFlight = new Set<Promise<void>>();
  let sent = 0;

  const refuse = (reason: string): void => {
    refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  };

  const send = async (origin: string): Promise<void> => {
    sent += 1;
    const n = sent;
    const type = types[n % types.length]!;
    try {
      const { statusCode, body } = await agent.request({
        origin,
        path: '/v1/events',
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ type, data: { n } }),
      });
      const text = await body.text();
      if (statusCode === 202) acked.push({ event_id: (JSON.parse(text) as { id: string }).id, type, n });
      else refuse(String(statusCode));
    } catch (error) {
      refuse(error instanceof Error && 'code' in error ? String(error.code) : String(error));
    }
  };

  let owed = 0;
  const timer = setInterval(() => {
    const origin = url();
    owed = Math.min(owed + (per_second * TICK_MS) / 1000, per_second / 10);
    if (origin === null) return;
    for (; owed >= 1; owed -= 1) {
      const one = send(origin).finally(() => inFlight.delete(one));
      inFlight.add(one);
    }
  }, TICK_MS);

  const stop = async (): Promise<void> => {
    clearInterval(timer);
    await Promise.all(inFlight);
  };
  return {
    acked,
    /** The number of events sent, answered or not; `data.n` counts from 1. */
    sent: () => sent,
    /** The number of answers by status other than 202 or error code. */
    refusals,
    /** Stops sending; resolves when no request is in flight. */
    stop,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await agent.destroy();
      await Promise.all(inFlight);
    },
  };
};
