import type { BellwireError } from '../../packages/server/src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../packages/server/src/core/json.ts';
import type { Dialect } from '../../packages/server/src/dialects/dialect.ts';
import type { SendInput } from '../../packages/server/src/delivery/accept.ts';
import type { DeliveryLoop } from '../../packages/server/src/delivery/delivery-loop.ts';
import type { Observation } from '../../packages/server/src/delivery/report.ts';
import type { LogFields } from '../../packages/server/src/ports/log.ts';
import type { SchemaCheck } from '../../packages/server/src/ports/schema-check.ts';
import type { EventReceipt, Store } from '../../packages/server/src/ports/store.ts';
import type { Arrange } from './arrange.ts';
import type { Script, ScriptedTransport, Sent } from './scripted-transport.ts';
import { createSeededRandom } from './seeded-random.ts';
import { openTestStore } from './test-store.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
import { assembleVirtual } from './virtual-program.ts';

export interface LogLine extends LogFields {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** A whole loop on a real store, whose time, randomness and receivers are the test's. */
export interface World extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly arrange: Arrange;
  readonly loop: DeliveryLoop;
  /** Of the process that runs now. */
  readonly transport: ScriptedTransport;
  /** Every request of every process, in order. */
  readonly sent: () => readonly Sent[];
  readonly observations: readonly Observation[];
  readonly log: readonly LogLine[];
  readonly broken: readonly BellwireError[];
  /** Accepts one event and waits for the answer, and for nothing after it. */
  readonly send: (workspace_id: string, input?: Partial<SendInput>) => Promise<EventReceipt>;
  /** Lets time pass with a sweep in every second that has something due. */
  readonly live: (ms: number) => Promise<void>;
  /** Ends the process as kill -9 does: nothing that is under way is written any more. */
  readonly crash: () => void;
  /** Starts the next process on the same database. */
  readonly boot: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface WorldOptions {
  readonly script?: Script;
  readonly seed?: number;
  readonly limits?: { readonly hook_concurrency: number; readonly concurrency: number };
  readonly dialects?: readonly Dialect[];
  readonly retry_delays_ms?: readonly number[];
  readonly retention_ms?: number;
  readonly check?: SchemaCheck;
  /** Called with every observation. */
  readonly onObservation?: (observation: Observation) => void;
  /** Stands between the delivery loop and its store. */
  readonly wrapStore?: (store: Store) => Store;
}

const SWEEP_MS = 1_000;

const never = new Promise<never>(() => {});

/** The verbs of a process that may be dead: then none of them is carried out, and none answers. */
const mortal = (store: Store, isAlive: () => boolean): Store =>
  new Proxy(store, { get: (verbs, name) => (isAlive() ? Reflect.get(verbs, name) : () => never) });

export const createWorld = async (options: WorldOptions = {}): Promise<World> => {
  const { script = () => ({ status: 200 }), seed = 1 } = options;
  const clock = createVirtualClock();
  const opened = await openTestStore({ seed, now: clock.now });
  const random = createSeededRandom(seed + 1);
  const transports: ScriptedTransport[] = [];
  const observations: Observation[] = [];
  const log: LogLine[] = [];
  const broken: BellwireError[] = [];
  const write =
    (level: LogLine['level']) =>
    (message: string, fields: LogFields = {}): void => {
      log.push({ ...fields, level, message });
    };

  const start = async () => {
    let alive = true;
    const life = clock.process();
    const { store, repositories } = opened.reopen();
    const mortalStore = mortal(store, () => alive);
    const { program, transport } = await assembleVirtual(
      {
        clock: life.clock,
        random,
        ids: opened.ids,
        storage: { store: options.wrapStore?.(mortalStore) ?? mortalStore, repositories },
        script,
        log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
        check: options.check ?? (() => []),
        dialects: options.dialects ?? [],
        observe: (observation) => {
          observations.push(observation);
          options.onObservation?.(observation);
        },
        onBroken: (error) => broken.push(error),
      },
      {
        ...(options.limits === undefined ? {} : { limits: options.limits }),
        retry_delays_ms: options.retry_delays_ms ?? null,
        retention_ms: options.retention_ms ?? null,
      },
    );
    transports.push(transport);
    const kill = (): void => {
      alive = false;
      life.kill();
      transport.kill();
    };
    return { loop: program.loop, transport, kill };
  };

  let process = await start();
  let swept_at = Number.NEGATIVE_INFINITY;

  const nextDue = async (): Promise<number> => {
    const { due, leased } = await opened.database.db
      .selectFrom('bellwire_deliveries')
      .select(({ fn }) => [
        fn.min('next_attempt_at').filterWhere('status', '=', 'pending').as('due'),
        fn.min('lease_until').filterWhere('status', '=', 'sending').as('leased'),
      ])
      .executeTakeFirstOrThrow();
    const earliest = Math.min(due ?? Infinity, leased === null ? Infinity : leased + 1);
    // While anything is in memory every second counts; else the next thing that is due.
    const busy = process.transport.inFlight() + process.loop.gauges().queued > 0;
    const wanted = busy ? clock.now() : earliest;
    return Math.max(Math.ceil(wanted / SWEEP_MS) * SWEEP_MS, swept_at + SWEEP_MS);
  };

  const live = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    for (;;) {
      await clock.settle();
      const [sweep_at, timer_at] = [await nextDue(), clock.nextTimer() ?? Infinity];
      const next = Math.min(sweep_at, timer_at);
      if (next > end) break;
      await clock.advance(Math.max(0, next - clock.now()));
      if (next !== sweep_at) continue;
      swept_at = sweep_at;
      await clock.until(process.loop.sweep());
    }
    await clock.advance(end - clock.now());
  };

  return {
    clock,
    arrange: opened.arrange,
    get loop() {
      return process.loop;
    },
    get transport() {
      return process.transport;
    },
    sent: () => transports.flatMap(({ sent }) => sent),
    observations,
    log,
    broken,
    send: (workspace_id, input = {}) =>
      process.loop.accept.event(workspace_id, { type: 'order.created', data: { number: 1 }, ...input }),
    live,
    crash: () => process.kill(),
    boot: async () => {
      process = await start();
    },
    stop: () => clock.until(process.loop.stop()),
    [Symbol.asyncDispose]: async () => {
      process.kill();
      await opened[Symbol.asyncDispose]();
    },
  };
};

/** How many deliveries are in each status. */
export const countStatuses = async (
  arrange: Arrange,
  where: { readonly hook_id?: string } = {},
): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (const { status } of await arrange.deliveries(where)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

/** The data of an event as its receiver sees it. */
export const dataOf = ({ request }: Sent): JsonObject => {
  const body: unknown = JSON.parse(request.body);
  const data = isJsonObject(body) ? body['data'] : undefined;
  if (data === undefined || !isJsonObject(data)) throw new Error(`no data in ${request.body}`);
  return data;
};
