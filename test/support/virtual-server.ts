import type { Settings } from '../../packages/server/src/program.ts';
import type { Log } from '../../packages/server/src/ports/log.ts';
import type { Repositories } from '../../packages/server/src/ports/repositories.ts';
import type { Store } from '../../packages/server/src/ports/store.ts';
import { nextDueOf } from './next-due.ts';
import { ADMIN_KEY, type Answer, type AnswerBody } from './running-server.ts';
import type { Script } from './scripted-transport.ts';
import { createSeededRandom } from './seeded-random.ts';
import { openStore } from './test-store.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { assembleVirtual } from './virtual-program.ts';

type Call = `${string} /${string}`;

interface ShownHook extends AnswerBody {
  readonly disabled_reason: string | null;
  readonly consecutive_failures: number;
  readonly rate_limit: { readonly count: number; readonly per: string } | null;
  readonly breaker: { readonly state: string; readonly next_probe_at: string | null };
}

export interface ShownDelivery extends AnswerBody {
  readonly waits_for: { readonly reason: string; readonly until: string | null } | null;
  readonly failure_reason: string | null;
}

export interface VirtualServerOptions {
  readonly script?: Script;
  readonly settings?: Partial<Settings>;
  readonly log?: Log;
  /** Replaces repositories. */
  readonly wrapRepositories?: (repositories: Repositories) => Repositories;
  /** Replaces methods of the store. */
  readonly wrapStore?: (store: Store) => Store;
}

const SEED = 7;
const ORIGIN = 'https://receiver.example.com';
const SWEEP_MS = 1_000;

/** The complete API on a real database. The test controls time and receivers; there is no jitter. */
export const startVirtualServer = async (options: VirtualServerOptions = {}) => {
  const {
    script = () => ({ status: 200 }),
    wrapRepositories = (all) => all,
    wrapStore = (all) => all,
  } = options;
  const clock = createVirtualClock();
  const opened = await openStore({ seed: SEED, now: clock.now });
  clock.awaits(opened.working);
  const { program, transport } = await assembleVirtual(
    {
      clock,
      random: { ...createSeededRandom(SEED + 1), roll: () => 0 },
      ids: opened.ids,
      storage: { store: wrapStore(opened.store), repositories: wrapRepositories(opened.repositories) },
      script,
      ...(options.log === undefined ? {} : { log: options.log }),
    },
    { api_key: ADMIN_KEY, ...options.settings },
  );

  let swept_at = Number.NEGATIVE_INFINITY;
  const nextDue = async (): Promise<number> => {
    const due = await nextDueOf(opened.database.db);
    return Math.max(due ?? Infinity, swept_at + SWEEP_MS, clock.now());
  };
  /** Lets time pass: everything is sent at the moment at which it is due. */
  const live = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    for (;;) {
      await clock.settle();
      const next = Math.min(await nextDue(), clock.nextTimer() ?? Infinity);
      if (next > end) break;
      await clock.advance(Math.max(0, next - clock.now()));
      swept_at = clock.now();
      await clock.until(program.sweep());
    }
    await clock.advance(end - clock.now());
  };

  const own: { id?: string } = {};
  /** `api('POST /v1/events', {...})`, as an admin of the server's own workspace or of the given one. */
  const api = async (call: Call, body?: object, workspace = own.id): Promise<Answer> => {
    const [method = '', path = ''] = call.split(' ', 2);
    const headers = new Headers({ authorization: `Bearer ${ADMIN_KEY}` });
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (workspace !== undefined) headers.set('bellwire-workspace', workspace);
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await program.fetch(new Request(`http://bellwire.test${path}`, init));
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: (text === '' ? {} : JSON.parse(text)) as AnswerBody,
    };
  };
  const create = async (call: Call, fields: object): Promise<AnswerBody> => {
    const { status, body, text } = await api(call, fields);
    if (status >= 300) throw new Error(`${call} was refused: ${text}`);
    return body;
  };
  /** Creates a workspace with a dialect and returns its id. */
  const addWorkspace = async (dialect: string): Promise<string> =>
    (await create('POST /v1/workspaces', { name: dialect, dialect })).id;
  own.id = await addWorkspace('standard');

  return {
    clock,
    api,
    /** The whole HTTP application, for calls with other credentials. */
    fetch: program.fetch,
    addWorkspace,
    /** Creates a hook for every event at a path of the receivers. */
    addHook: (path: string, fields: object = {}) =>
      create('POST /v1/webhooks', { url: ORIGIN + path, events: ['*'], ...fields }),
    /** Calls `POST /v1/webhooks/{id}/{verb}`. */
    verb: (id: string, verb: string, fields?: object) => api(`POST /v1/webhooks/${id}/${verb}`, fields),
    hook: async (id: string) => (await api(`GET /v1/webhooks/${id}`)).body as ShownHook,
    /** The deliveries of a hook, the newest first. */
    deliveries: async (id: string) =>
      (await api(`GET /v1/webhooks/${id}/deliveries?limit=1000`)).body.data as readonly ShownDelivery[],
    /** Accepts one event and returns its id. */
    send: async (type = 'order.created', fields: object = {}) => {
      const { id } = await create('POST /v1/events', { type, data: { order: { id: 1 } }, ...fields });
      await clock.settle();
      return id;
    },
    /** Every request, in order. */
    sent: () => transport.sent,
    sentTo: (path: string) => transport.sentTo(ORIGIN + path),
    live,
    /** One pass of the sweep. */
    sweep: () => clock.until(program.sweep()),
    [Symbol.asyncDispose]: async () => {
      await clock.until(program.stop());
      await opened[Symbol.asyncDispose]();
    },
  };
};

export type VirtualServer = Awaited<ReturnType<typeof startVirtualServer>>;
