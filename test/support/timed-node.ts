import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { QueryConfig } from 'pg';
import { systemClock } from '../../packages/server/src/clock.ts';
import { ALONE } from '../../packages/server/src/core/cluster.ts';
import { DeliveryLoop } from '../../packages/server/src/delivery/delivery-loop.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import type { Changes } from '../../packages/server/src/ports/changes.ts';
import type { Log } from '../../packages/server/src/ports/log.ts';
import type { Store } from '../../packages/server/src/ports/store.ts';
import type { OutboundRequest, SendResult, Transport } from '../../packages/server/src/ports/transport.ts';
import type { PostgresDatabase } from '../../packages/server/src/storage/postgres/database.ts';
import type { HookSetup } from './arrange.ts';
import { quantile } from './quantile.ts';
import { createSeededRandom } from './seeded-random.ts';
import { openPostgresStore } from './test-store.ts';

/** The methods of the store whose calls are timed. */
const METHODS = ['claim', 'dueHooks', 'releaseLeases', 'commitBatch'] as const;

interface Call {
  /** When it began, in milliseconds since the start of the node. */
  readonly at: number;
  readonly ms: number;
}

type Calls = Readonly<Record<(typeof METHODS)[number] | 'claim_statement', Call[]>>;

/** How a receiver answers a request. */
export interface ReceiverAnswer {
  readonly status: number;
  readonly after_ms: number;
}

export interface TimedNodeOptions {
  readonly database_url: string;
  /** The hooks of its workspace. */
  readonly hooks: readonly HookSetup[];
  readonly answerOf: (request: OutboundRequest) => ReceiverAnswer;
  readonly retry_delays_ms: readonly number[];
}

const SWEEP_MS = 1_000;

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const unwatched: Changes = {
  delivery: () => {},
  event: () => {},
  hook: () => {},
  recovery: () => {},
  bulk: () => {},
};

/** Receivers in this process: their cost would hide that of the database. */
const createTransport =
  (answerOf: TimedNodeOptions['answerOf']) =>
  (onResults: (results: readonly SendResult[]) => void): Transport => {
    let ready: SendResult[] = [];
    const flush = (): void => onResults(ready.splice(0));
    const end = (request: OutboundRequest, { status, after_ms }: ReceiverAnswer): void => {
      const result: SendResult = {
        id: request.id,
        outcome: status < 300 ? { kind: 'succeeded' } : { kind: 'http_status', status },
        transport_headers: null,
        response: { status, headers: {}, body: '', body_truncated: false },
        timings: {
          dns_ms: null,
          connect_ms: null,
          tls_ms: null,
          first_byte_ms: null,
          total_ms: after_ms,
        },
        remote_address: null,
        reused_connection: false,
        sender_died: false,
      };
      if (ready.push(result) === 1) setImmediate(flush);
    };
    return {
      send: (batch) => {
        for (const request of batch) {
          const answer = answerOf(request);
          setTimeout(end, answer.after_ms, request, answer);
        }
      },
      close: () => {
        ready = [];
        return Promise.resolve();
      },
    };
  };

/** The statement that claims due deliveries. */
const CLAIM = 'for update skip locked';

/** Times the statements of new connections that claim. */
const timeClaims = ({ pool }: PostgresDatabase, calls: Call[]): void => {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const timed = async (...args: unknown[]): Promise<unknown> => {
      const at = performance.now();
      try {
        return await query(...args);
      } finally {
        calls.push({ at, ms: performance.now() - at });
      }
    };
    const routed = (...args: unknown[]) =>
      (args[0] as Partial<QueryConfig>).text?.includes(CLAIM) ? timed(...args) : query(...args);
    client.query = routed as typeof client.query;
  });
};

/** The store, each call of which is timed. */
const timedStore = (store: Store, calls: Calls): Store => {
  const wrap = <M extends (typeof METHODS)[number]>(method: M): Store[M] => {
    const call = store[method] as (...args: unknown[]) => Promise<unknown>;
    const timed = async (...args: unknown[]): Promise<unknown> => {
      const at = performance.now();
      try {
        return await call(...args);
      } finally {
        calls[method].push({ at, ms: performance.now() - at });
      }
    };
    return timed as Store[M];
  };
  return {
    ...store,
    claim: wrap('claim'),
    dueHooks: wrap('dueHooks'),
    releaseLeases: wrap('releaseLeases'),
    commitBatch: wrap('commitBatch'),
  };
};

/** The delivery loop of a node in this process, over a migrated PostgreSQL, by the system clock. */
export const startTimedNode = async (options: TimedNodeOptions) => {
  const opened = openPostgresStore(options.database_url, { now: systemClock.now });
  const { arrange, ids } = opened;
  const calls: Calls = { claim: [], dueHooks: [], releaseLeases: [], commitBatch: [], claim_statement: [] };
  timeClaims(opened.database, calls.claim_statement);
  const workspace_id = await arrange.addWorkspace();
  const hook_ids: string[] = [];
  for (const hook of options.hooks) hook_ids.push(await arrange.addHook(workspace_id, hook));
  const counts = { succeeded: 0, retried: 0, failed: 0 };
  const random = createSeededRandom(2);
  const loop = new DeliveryLoop({
    store: timedStore(opened.store, calls),
    clock: systemClock,
    random,
    ids,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    check: () => Promise.resolve([]),
    dialects: createDialects(),
    createTransport: createTransport(options.answerOf),
    limits: { hook_concurrency: 8, concurrency: 256 },
    cluster: ALONE,
    user_agent: 'Bellwire/test',
    retry_delays_ms: options.retry_delays_ms,
    timeout_ms: null,
    accept_wait_ms: null,
    retention_ms: null,
    payload_retention_ms: null,
    log: silent,
    changes: unwatched,
    observe: (observation) => {
      if (observation.kind !== 'attempted') return;
      const { status } = observation;
      if (status === 'succeeded') counts.succeeded += 1;
      else if (status === 'failed') counts.failed += 1;
      else counts.retried += 1;
    },
    onBroken: (error) => {
      throw error;
    },
  });
  await loop.start();
  const stopping = new AbortController();
  const sweep = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const next = performance.now() + SWEEP_MS;
      await loop.sweep();
      await delay(Math.max(0, next - performance.now()));
    }
  };
  const sweeping = sweep();
  return {
    ...opened,
    workspace_id,
    hook_ids,
    loop,
    counts: counts as Readonly<typeof counts>,
    /** Durations of the calls of a method that began within a time, by `performance.now()`. */
    took: (
      method: keyof Calls,
      { from, to }: { readonly from: number; readonly to: number },
    ): readonly number[] => calls[method].filter(({ at }) => at >= from && at < to).map(({ ms }) => ms),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await sweeping;
      await loop.stop();
      await opened[Symbol.asyncDispose]();
    },
  };
};

export type TimedNode = Awaited<ReturnType<typeof startTimedNode>>;

/** Milliseconds with one digit: the median and the 99th percentile. */
export const quantilesOf = (took: readonly number[]): string =>
  `${quantile(took, 0.5).toFixed(1)}/${quantile(took, 0.99).toFixed(1)}`;
