import type { BellwireError } from '../../packages/server/src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../packages/server/src/core/json.ts';
import type { SendInput } from '../../packages/server/src/delivery/accept.ts';
import type { Observation } from '../../packages/server/src/delivery/report.ts';
import type { Dialect } from '../../packages/server/src/dialects/dialect.ts';
import type { SchemaCheck } from '../../packages/server/src/ports/schema-check.ts';
import type { EventReceipt, Store } from '../../packages/server/src/ports/store.ts';
import type { HookSetup, WorkspaceSetup } from './arrange.ts';
import { nextDueOf } from './next-due.ts';
import type { Script, ScriptedTransport, Sent } from './scripted-transport.ts';
import { createSeededRandom } from './seeded-random.ts';
import { openStore } from './test-store.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { assembleVirtual } from './virtual-program.ts';

export interface WorldOptions {
  readonly script?: Script;
  readonly seed?: number;
  readonly workspace?: WorkspaceSetup;
  /** The hooks of the first workspace; one hook for all events when absent. */
  readonly hooks?: readonly HookSetup[];
  readonly limits?: { readonly hook_concurrency: number; readonly concurrency: number };
  readonly dialects?: readonly Dialect[];
  readonly retry_delays_ms?: readonly number[];
  readonly retention_ms?: number;
  readonly payload_retention_ms?: number;
  /** Maximum time for which the sender of an event waits for the database. */
  readonly accept_wait_ms?: number;
  readonly check?: SchemaCheck;
  /** Called with every observation. */
  readonly onObservation?: (observation: Observation) => void;
  /** Replaces methods of the store. */
  readonly wrapStore?: (store: Store) => Partial<Store>;
}

const SWEEP_MS = 1_000;

const never = new Promise<never>(() => {});

/** The store of one process. Once the process is dead, its methods do nothing and never resolve. */
const mortal = (store: Store, overrides: Partial<Store>, isAlive: () => boolean): Store =>
  new Proxy(store, {
    get: (methods, name) =>
      isAlive() ? (Reflect.get(overrides, name) ?? Reflect.get(methods, name)) : () => never,
  });

/** A complete delivery loop on a real store. The test controls time, randomness and receivers. */
export const createWorld = async (options: WorldOptions = {}) => {
  const { script = () => ({ status: 200 }), seed = 1, wrapStore = () => ({}) } = options;
  const clock = createVirtualClock();
  const opened = await openStore({ seed, now: clock.now });
  clock.awaits(opened.working);
  const { arrange } = opened;
  const random = createSeededRandom(seed + 1);
  const transports: ScriptedTransport[] = [];
  const observations: Observation[] = [];
  const broken: BellwireError[] = [];

  const start = async () => {
    let alive = true;
    const life = clock.process();
    const { store, repositories } = opened.reopen();
    const { program, transport } = await assembleVirtual(
      {
        clock: life.clock,
        random,
        ids: opened.ids,
        storage: {
          store: mortal(store, wrapStore(store), () => alive),
          repositories,
          accept_wait_ms: options.accept_wait_ms ?? null,
        },
        script,
        check: options.check ?? (() => Promise.resolve([])),
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
        payload_retention_ms: options.payload_retention_ms ?? null,
      },
    );
    transports.push(transport);
    const kill = (): void => {
      alive = false;
      life.kill();
      transport.kill();
    };
    return { loop: program.loop, transport, repositories, kill };
  };

  let process = await start();
  let swept_at = Number.NEGATIVE_INFINITY;

  const nextDue = async (): Promise<number> => {
    const due = await nextDueOf(opened.database.db);
    const { leased } = await opened.database.db
      .selectFrom('bellwire_deliveries')
      .select(({ fn }) => fn.min('lease_until').filterWhere('status', '=', 'sending').as('leased'))
      .executeTakeFirstOrThrow();
    const earliest = Math.min(due ?? Infinity, leased === null ? Infinity : leased + 1);
    // While anything is in memory every second counts; else the next delivery that is due.
    const busy = process.transport.inFlight() + process.loop.gauges().queued > 0;
    const wanted = busy ? clock.now() : earliest;
    // The sweep of before a jump back does not count.
    const swept = swept_at > clock.now() ? Number.NEGATIVE_INFINITY : swept_at;
    return Math.max(Math.ceil(wanted / SWEEP_MS) * SWEEP_MS, swept + SWEEP_MS);
  };

  /** Lets time pass, with a sweep in every second in which something is due. */
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

  const addHooks = async (id: string, hooks: readonly HookSetup[] = [{}]): Promise<string[]> => {
    const added = [];
    for (const hook of hooks) added.push(await arrange.addHook(id, hook));
    return added;
  };
  const workspace = await arrange.addWorkspace(options.workspace);
  const hooks = await addHooks(workspace, options.hooks);

  /** Sends one event and waits for its receipt only. */
  const send = (input: Partial<SendInput> = {}, to = workspace): Promise<EventReceipt> =>
    process.loop.accept.event(to, { type: 'order.created', data: { number: 1 }, ...input });

  /** Sends events whose `data.number` counts from 0, without waiting for a receipt. */
  const offer = (count: number, input: Partial<SendInput> = {}, to = workspace) =>
    Array.from({ length: count }, (_, number) => send({ data: { number }, ...input }, to));

  return {
    clock,
    arrange,
    /** The workspace that the world starts with. */
    workspace,
    /** The ids of the hooks that `workspace` starts with. */
    hooks,
    /** The loop of the running process. */
    get loop() {
      return process.loop;
    },
    /** The repositories of the running process. */
    get repositories() {
      return process.repositories;
    },
    /** The database beside the running process. */
    database: opened.database,
    ids: opened.ids,
    /** The transport of the running process. */
    get transport() {
      return process.transport;
    },
    /** The requests of all processes, in order. */
    sent: () => transports.flatMap(({ sent }) => sent),
    observations,
    broken,
    /** Adds another workspace, with one hook by default, and returns its id. */
    addWorkspace: async (added?: readonly HookSetup[]) => {
      const id = await arrange.addWorkspace();
      await addHooks(id, added);
      return id;
    },
    send,
    offer,
    /** Like `offer`, and lets time pass until all receipts are there. */
    sendMany: (...sending: Parameters<typeof offer>) => clock.until(Promise.all(offer(...sending))),
    /** Starts a manual attempt of a delivery. */
    redeliver: (id: string) => clock.until(process.loop.redeliver(workspace, id)),
    /** The number of deliveries in each status. */
    statuses: async (where: { readonly hook_id?: string } = {}) => {
      const counts: Record<string, number> = {};
      for (const { status } of await arrange.deliveries(where)) counts[status] = (counts[status] ?? 0) + 1;
      return counts;
    },
    live,
    /** Ends the process like kill -9: nothing that is in progress is written. */
    crash: () => process.kill(),
    /** Starts the next process on the same database. */
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

export type World = Awaited<ReturnType<typeof createWorld>>;

/** The data of an event as its receiver sees it. */
export const dataOf = ({ request }: Sent): JsonObject => {
  const body: unknown = JSON.parse(request.body);
  const data = isJsonObject(body) ? body['data'] : undefined;
  if (data === undefined || !isJsonObject(data)) throw new Error(`no data in ${request.body}`);
  return data;
};
