import { type ReceivedCall, type Receiver, startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY } from '../support/running-server.ts';
import { type ClientOptions, createClient } from '@bellwire/client';

/**
 * The fate of one request: `pass`, `drop` (the connection breaks before the server gets it), `lose` (the server
 * executes it, and the connection breaks before the answer), `hang`, or an answer from the front itself.
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
  /** When each request arrived, in milliseconds. */
  readonly times: readonly number[];
}

const forward = async (origin: string, { method, path, headers, body }: ReceivedCall) => {
  const { authorization = '', 'content-type': type = 'application/json' } = headers;
  const workspace = headers['bellwire-workspace'];
  const answer = await fetch(origin + path, {
    method,
    headers: {
      authorization,
      'content-type': type,
      ...(workspace === undefined ? {} : { 'bellwire-workspace': workspace }),
    },
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

/** A proxy for a real server. The n-th request has the n-th fault; later ones pass. */
export const startFront = async (origin: string, faults: readonly Fault[] = []): Promise<Front> => {
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
      hanging.reject(new Error('the test has ended'));
      await receiver[Symbol.asyncDispose]();
    },
  };
};

/** A client with the admin key and a short retry delay. */
export const clientAt = (origin: string, options: Partial<ClientOptions> = {}) =>
  createClient({ url: origin, api_key: ADMIN_KEY, retry: { min_delay_ms: 5 }, ...options });
