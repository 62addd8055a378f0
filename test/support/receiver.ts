import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { portOf } from './port-of.ts';

export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  /** Names and values as they came, in their order. */
  readonly raw_headers: readonly (readonly [string, string])[];
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What to answer the n-th call with, counted from 1. A promise keeps the caller waiting. */
export type AnswerScript = (call: ReceivedCall, nth: number) => ScriptedAnswer | Promise<ScriptedAnswer>;

export interface Receiver extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** Every call so far. */
  readonly calls: readonly ReceivedCall[];
  /** The first call that was not awaited yet. */
  readonly next: () => Promise<ReceivedCall>;
}

const pairs = (raw: readonly string[]): (readonly [string, string])[] =>
  Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2]!, raw[index * 2 + 1]!]);

const readCall = async (request: IncomingMessage): Promise<ReceivedCall> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw_headers = pairs(request.rawHeaders);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    raw_headers,
    headers: Object.fromEntries(raw_headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.concat(chunks),
  };
};

/** A customer's server: keeps what it gets byte for byte, and answers as the script says (200 when it says nothing). */
export const startReceiver = async (script: AnswerScript = () => ({})): Promise<Receiver> => {
  const calls: ReceivedCall[] = [];
  const waiting: ((call: ReceivedCall) => void)[] = [];
  let taken = 0;

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await readCall(request);
    const nth = calls.push(call);
    waiting.shift()?.(call);
    const { status = 200, headers = {}, body = '' } = await script(call, nth);
    response.writeHead(status, headers).end(body);
  };

  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  // A sender whose idle connection was closed sends its request twice.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    calls,
    next: () => {
      const call = calls[taken];
      taken += 1;
      return call === undefined
        ? new Promise((resolve) => void waiting.push(resolve))
        : Promise.resolve(call);
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
