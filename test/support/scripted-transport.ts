import type { Outcome } from '../../packages/server/src/core/outcome.ts';
import type { Clock } from '../../packages/server/src/ports/clock.ts';
import type { OutboundRequest, SendResult, Transport } from '../../packages/server/src/ports/transport.ts';

/** The reaction of a receiver to a request. `hang` gives no answer until `release` or the request's timeout. */
export type Answer =
  | 'hang'
  /** Kills the sender thread with all its requests; an isolated request has its own thread. */
  | 'die'
  | {
      readonly status: number;
      readonly after_ms?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly outcome: Exclude<Outcome, { kind: 'succeeded' | 'http_status' }>; readonly after_ms?: number };

/** Decides the answer to a request; `nth` counts the requests with its `webhook-id` and URL from 1. */
export type Script = (request: OutboundRequest, nth: number) => Answer;

export interface Sent {
  readonly request: OutboundRequest;
  readonly at: number;
  readonly nth: number;
}

export interface ScriptedTransport extends Transport {
  /** Every request in the order in which it was sent. */
  readonly sent: readonly Sent[];
  readonly sentTo: (url: string) => readonly Sent[];
  /** The maximum number of concurrent requests, in total and to one URL. */
  readonly peak: () => number;
  readonly peakTo: (url: string) => number;
  readonly inFlight: () => number;
  /** Answers all requests that hang. */
  readonly release: (answer: Response) => void;
  /** Ends all work, like the death of the process: nothing is sent and no result arrives. */
  readonly kill: () => void;
}

export interface ScriptedTransportOptions {
  readonly clock: Clock;
  readonly script: Script;
  readonly onResults: (results: readonly SendResult[]) => void;
}

/** An answer that ends only its own request. */
type Response = Exclude<Answer, 'hang' | 'die'>;

/** The result of a request whose thread died. */
const DIED: Response = { outcome: { kind: 'interrupted' } };

const outcomeOf = (answer: Response): Outcome => {
  if ('outcome' in answer) return answer.outcome;
  return answer.status >= 200 && answer.status < 300
    ? { kind: 'succeeded' }
    : { kind: 'http_status', status: answer.status };
};

/** A transport whose receivers are a function. As its port guarantees, each request has exactly one result. */
export const createScriptedTransport = (options: ScriptedTransportOptions): ScriptedTransport => {
  const { clock, script, onResults } = options;
  const sent: Sent[] = [];
  const times = new Map<string, number>();
  const active = new Map<string, OutboundRequest>();
  const hanging = new Map<string, OutboundRequest>();
  const counts = new Map<string, number>();
  const peaks = new Map<string, number>();
  let peak = 0;
  let dead = false;
  let ready: SendResult[] = [];

  const count = (url: string, change: 1 | -1): void => {
    const now = (counts.get(url) ?? 0) + change;
    counts.set(url, now);
    peaks.set(url, Math.max(peaks.get(url) ?? 0, now));
    peak = Math.max(peak, active.size);
  };

  const flush = (): void => {
    const results = ready;
    ready = [];
    if (!dead && results.length > 0) onResults(results);
  };

  const end = (request: OutboundRequest, answer: Response, started = clock.monotonic()): void => {
    if (dead || !active.delete(request.id)) return;
    hanging.delete(request.id);
    count(request.url, -1);
    const result: SendResult = {
      id: request.id,
      outcome: outcomeOf(answer),
      transport_headers: null,
      response:
        'outcome' in answer
          ? null
          : { status: answer.status, headers: answer.headers ?? {}, body: '', body_truncated: false },
      timings: {
        dns_ms: null,
        connect_ms: null,
        tls_ms: null,
        first_byte_ms: null,
        total_ms: clock.monotonic() - started,
      },
      remote_address: null,
      reused_connection: false,
      sender_died: answer === DIED,
    };
    if (ready.push(result) === 1) clock.soon(flush);
  };

  /** Ends the thread of a request and all other requests of that thread. */
  const die = ({ isolated, id }: OutboundRequest): void => {
    for (const held of active.values()) {
      const shares_thread = isolated ? held.id === id : !held.isolated;
      if (shares_thread) end(held, DIED);
    }
  };

  const start = (request: OutboundRequest): void => {
    const key = `${request.headers['webhook-id'] ?? ''} ${request.url}`;
    const nth = (times.get(key) ?? 0) + 1;
    times.set(key, nth);
    sent.push({ request, at: clock.now(), nth });
    active.set(request.id, request);
    count(request.url, 1);
    const started = clock.monotonic();
    const answer = script(request, nth);
    if (answer === 'die') {
      // One turn later, when all requests of its batch have started.
      clock.soon(() => die(request));
      return;
    }
    if (answer === 'hang') {
      hanging.set(request.id, request);
      const late = { outcome: { kind: 'timeout', phase: 'headers' } } as const;
      clock.after(request.timeout_ms, () => end(request, late, started));
      return;
    }
    if (answer.after_ms === undefined) end(request, answer, started);
    else clock.after(answer.after_ms, () => end(request, answer, started));
  };

  return {
    sent,
    sentTo: (url) => sent.filter(({ request }) => request.url === url),
    peak: () => peak,
    peakTo: (url) => peaks.get(url) ?? 0,
    inFlight: () => active.size,
    send: (batch) => {
      if (dead) return;
      batch.forEach(start);
    },
    release: (answer) => {
      for (const request of hanging.values()) end(request, answer);
    },
    close: () => Promise.resolve(),
    kill: () => {
      dead = true;
    },
  };
};
