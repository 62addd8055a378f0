import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { portOf } from './port-of.ts';

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

export interface CountingReceiver extends AsyncDisposable {
  /** The URL of a hook's receiver. */
  readonly urlOf: (hook: string) => string;
  readonly receptions: readonly Reception[];
  /** By `event hook`, the receptions of each delivery that was answered with 2xx more than once. */
  readonly duplicates: () => ReadonlyMap<string, readonly Reception[]>;
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
): Promise<CountingReceiver> => {
  const receptions: Reception[] = [];
  const timers = new Set<NodeJS.Timeout>();

  const answer = (response: ServerResponse, { status, delay_ms = 0 }: Answering): void => {
    const send = (): void => void response.writeHead(status).end();
    if (delay_ms === 0) return send();
    const timer = setTimeout(() => {
      timers.delete(timer);
      send();
    }, delay_ms);
    timers.add(timer);
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const hook = (request.url ?? '').slice(1);
      const event_id = String(request.headers['webhook-id']);
      const answering = answerOf(hook, event_id);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { readonly data: { readonly n: number } };
      receptions.push({ hook, event_id, status: answering.status, at: Date.now(), n: body.data.n });
      answer(response, answering);
    });
  });
  // A sender whose connection was closed sends once more; only attempts may be counted here.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);

  return {
    urlOf: (hook) => `http://127.0.0.1:${port}/${hook}`,
    receptions,
    duplicates: () => {
      const accepted = receptions.filter(({ status }) => status < 300);
      const all = Map.groupBy(accepted, ({ event_id, hook }) => deliveryKey(event_id, hook));
      return new Map([...all].filter(([, same]) => same.length > 1));
    },
    [Symbol.asyncDispose]: async () => {
      for (const timer of timers) clearTimeout(timer);
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
