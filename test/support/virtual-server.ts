import type { Repositories } from '../../packages/server/src/ports/repositories.ts';
import { ADMIN_KEY, type Answer, type AnswerBody } from './running-server.ts';
import type { Script, Sent } from './scripted-transport.ts';
import { createSeededRandom } from './seeded-random.ts';
import { openTestStore } from './test-store.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
import { assembleVirtual } from './virtual-program.ts';

/** The whole API on a real SQLite, whose time and receivers are the test's. There is no jitter. */
export interface VirtualServer extends AsyncDisposable {
  readonly clock: VirtualClock;
  /** `api('POST /v1/events', {...})`, as an admin; in another workspace when one is named. */
  readonly api: (call: `${string} /${string}`, body?: object, workspace?: string) => Promise<Answer>;
  /** A new workspace of a dialect; answers its id. */
  readonly addWorkspace: (dialect: string) => Promise<string>;
  /** A new hook for every event to a receiver that the script knows by its path; more fields, or others, as given. */
  readonly addHook: (path: string, fields?: object) => Promise<AnswerBody>;
  /** Accepts one event for everybody and answers its id. */
  readonly send: (type?: string, fields?: object) => Promise<string>;
  /** Every request, in order. */
  readonly sent: () => readonly Sent[];
  readonly sentTo: (path: string) => readonly Sent[];
  /** Lets time pass: whatever becomes due is sent at its very moment. */
  readonly live: (ms: number) => Promise<void>;
}

export interface VirtualServerOptions {
  readonly script?: Script;
  /** Stands between the verbs and their repositories. */
  readonly wrapRepositories?: (repositories: Repositories) => Repositories;
}

const SEED = 7;
const ORIGIN = 'https://receiver.example.com';
const SWEEP_MS = 1_000;

const startProgram = async (clock: VirtualClock, options: VirtualServerOptions) => {
  const { script = () => ({ status: 200 }), wrapRepositories = (repositories) => repositories } = options;
  const opened = await openTestStore({ seed: SEED, now: clock.now });
  const { program, transport } = await assembleVirtual(
    {
      clock,
      random: { ...createSeededRandom(SEED + 1), roll: () => 0 },
      ids: opened.ids,
      storage: { store: opened.store, repositories: wrapRepositories(opened.repositories) },
      script,
    },
    { api_key: ADMIN_KEY },
  );
  const { db } = opened.database;

  let swept_at = Number.NEGATIVE_INFINITY;
  const nextDue = async (): Promise<number> => {
    const { due } = await db
      .selectFrom('bellwire_deliveries')
      .select(({ fn }) => fn.min('next_attempt_at').as('due'))
      .where('status', '=', 'pending')
      .executeTakeFirstOrThrow();
    return Math.max(due ?? Infinity, swept_at + SWEEP_MS, clock.now());
  };
  const live = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    for (;;) {
      await clock.settle();
      const next = Math.min(await nextDue(), clock.nextTimer() ?? Infinity);
      if (next > end) break;
      await clock.advance(Math.max(0, next - clock.now()));
      swept_at = clock.now();
      await clock.until(program.loop.sweep());
    }
    await clock.advance(end - clock.now());
  };

  return { program, live, sent: transport.sent, close: () => opened[Symbol.asyncDispose]() };
};

export const startVirtualServer = async (options: VirtualServerOptions = {}): Promise<VirtualServer> => {
  const clock = createVirtualClock();
  const { program, live, sent, close } = await startProgram(clock, options);

  const api: VirtualServer['api'] = async (call, body, workspace) => {
    const [method = '', path = ''] = call.split(' ', 2);
    const headers = new Headers({ authorization: `Bearer ${ADMIN_KEY}` });
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (workspace !== undefined) headers.set('bellwire-workspace', workspace);
    const request = new Request(`http://bellwire.test${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await program.fetch(request);
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: (text === '' ? {} : JSON.parse(text)) as AnswerBody,
    };
  };

  const madeIn = async (
    workspace: string | undefined,
    call: `${string} /${string}`,
    body: object,
  ): Promise<AnswerBody> => {
    const answer = await api(call, body, workspace);
    if (answer.status >= 300) throw new Error(`${call} was refused: ${answer.text}`);
    return answer.body;
  };
  const addWorkspace = async (dialect: string): Promise<string> =>
    (await madeIn(undefined, 'POST /v1/workspaces', { name: dialect, dialect })).id;
  const own = await addWorkspace('standard');

  return {
    clock,
    api: (call, body, other) => api(call, body, other ?? own),
    addWorkspace,
    addHook: (path, fields = {}) =>
      madeIn(own, 'POST /v1/webhooks', { url: ORIGIN + path, events: ['*'], ...fields }),
    send: async (type = 'order.created', fields = {}) => {
      const { id } = await madeIn(own, 'POST /v1/events', { type, data: { order: { id: 1 } }, ...fields });
      await clock.settle();
      return id;
    },
    sent: () => sent,
    sentTo: (path) => sent.filter(({ request }) => request.url === ORIGIN + path),
    live,
    [Symbol.asyncDispose]: async () => {
      await clock.until(program.stop());
      await close();
    },
  };
};
