import { type ReceivedCall, type Receiver, startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY } from '../support/running-server.ts';
import { type ClientOptions, createClient } from '@bellwire/client';

/**
 * What becomes of one request on its way: `pass`, `drop` (the connection breaks before the server has it),
 * `lose` (the server does it, and the connection breaks before the answer), `hang`, or an answer of the front's own.
 */
export type Fault =
  | 'pass'
  | 'drop'
  | 'lose'
  | 'hang'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

export interface Front extends Receiver {
  /** The moment of each request, in milliseconds. */
  readonly times: readonly number[];
}

const forward = async (origin: string, { method, path, headers, body }: ReceivedCall) => {
  const { authorization = '', 'content-type': type = 'application/json' } = headers;
  const answer = await fetch(origin + path, {
    method,
    headers: { authorization, 'content-type': type },
    ...(method === 'GET' ? {} : { body: new Uint8Array(body) }),
  });
  const retry_after = answer.headers.get('retry-after');
  return {
    status: answer.status,
    headers: {
      'content-type': 'application/json',
      ...(retry_after === null ? {} : { 'retry-after': retry_after }),
    },
    body: await answer.text(),
  };
};

/** Stands before a real server; the n-th request has the n-th fault, those after the last one pass. */
export const startFront = async (origin: string, faults: readonly Fault[]): Promise<Front> => {
  const times: number[] = [];
  const hanging = Promise.withResolvers<never>();
  hanging.promise.catch(() => undefined);
  const receiver = await startReceiver(async (call, nth) => {
    times.push(performance.now());
    const fault = faults[nth - 1] ?? 'pass';
    if (typeof fault === 'object') return fault;
    if (fault === 'drop') throw new Error('dropped');
    if (fault === 'hang') return hanging.promise;
    const answer = await forward(origin, call);
    if (fault === 'lose') throw new Error('lost');
    return answer;
  });
  return {
    ...receiver,
    times,
    [Symbol.asyncDispose]: async () => {
      hanging.reject(new Error('it is over'));
      await receiver[Symbol.asyncDispose]();
    },
  };
};

/** A client with the admin key that does not wait long before it tries again. */
export const clientAt = (origin: string, options: Partial<ClientOptions> = {}) =>
  createClient({ url: origin, api_key: ADMIN_KEY, retry: { min_delay_ms: 5 }, ...options });
