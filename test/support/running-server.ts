import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import { afterAll } from 'vitest';
import {
  type Bellwire,
  type BellwireParts,
  createBellwire,
  listen,
  readConfig,
  type SettingTexts,
} from '../../packages/server/src/index.ts';
import type { Issue } from '../../packages/server/src/core/errors.ts';
import type { Log } from '../../packages/server/src/ports/log.ts';
import { createServerStorage } from './storage.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

export const ADMIN_KEY = 'an-admin-key-of-the-tests-9f3b7c1d';

/** The fields of all answers of the API. A test also checks what it reads, so a wrong type is noticed. */
export interface AnswerBody {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly hook_id: string;
  readonly event_id: string;
  readonly created_at: string;
  readonly status: string;
  readonly secret: string;
  readonly api_key: string;
  readonly delivery_id: string;
  readonly deliveries: number;
  readonly attempt_count: number;
  readonly attempts: readonly ShownAttempt[];
  readonly data: readonly AnswerBody[];
  readonly next_cursor: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly issues?: readonly Issue[] };
}

interface ShownAttempt {
  readonly number: number;
  readonly outcome: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly response: { readonly status: number; readonly body: string } | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** The parsed JSON; an empty object for any other text. */
  readonly body: AnswerBody;
}

interface CallOptions {
  /** Null sends no key. Default: the admin key. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Calls the server over its socket: `api('GET /v1/events')`. A string or bytes are sent unchanged, without a content
 * type; every other body is sent as JSON.
 */
export type Api = (call: `${string} /${string}`, body?: unknown, options?: CallOptions) => Promise<Answer>;

/** A server as the callers of one workspace see it. */
export interface ServerView {
  readonly origin: string;
  readonly folder: string;
  /** Null for the default workspace of the key. */
  readonly workspace: string | null;
  readonly api: Api;
  /** Creates a hook to `url` for every event; `fields` override the defaults. */
  readonly addHook: (url: string, fields?: object, options?: CallOptions) => Promise<AnswerBody>;
  /** Sends an event of type `a`; `fields` override the defaults. */
  readonly send: (fields?: object) => Promise<AnswerBody>;
  /** The deliveries that a query of `GET /v1/deliveries` finds. */
  readonly deliveries: (query: string) => Promise<readonly AnswerBody[]>;
  /** The delivery as `GET /v1/deliveries/{id}` shows it, once it is in one of these states. */
  readonly deliveryIn: (id: string, ...statuses: readonly string[]) => Promise<AnswerBody>;
}

export interface RunningServer extends ServerView, AsyncDisposable {
  readonly bellwire: Bellwire;
  readonly port: number;
  readonly log_lines: readonly string[];
  readonly database_path: string;
  /** For `openBeside`. */
  readonly database_url: string;
  /** The file of the inbox. */
  readonly inbox_path: string;
  /** The same server in a new workspace, for tests that share a server but no data. */
  readonly newWorkspace: (fields?: object) => Promise<ServerView>;
}

/** Keeps a resource open for the whole test file. Called at the top level of the file. */
export const keepForFile = async <T extends AsyncDisposable>(starting: Promise<T>): Promise<T> => {
  const resource = await starting;
  afterAll(() => resource[Symbol.asyncDispose]());
  return resource;
};

/** Longer than anything here takes, even on a busy machine. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 5;

/** Reads repeatedly until `isDone`, for a bounded time. Resolves with the last value. */
export const until = async <T>(
  read: () => Promise<T>,
  isDone: (value: T) => boolean,
  patience_ms: number = PATIENCE_MS,
): Promise<T> => {
  const end = performance.now() + patience_ms;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (performance.now() > end)
      throw new Error(`the expected value did not appear; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
  }
};

const parse = (text: string): AnswerBody => {
  try {
    return JSON.parse(text) as AnswerBody;
  } catch {
    return {} as AnswerBody;
  }
};

const encode = (body: unknown): { payload: string | Uint8Array | null; type: Record<string, string> } => {
  if (body === undefined) return { payload: null, type: {} };
  if (typeof body === 'string' || body instanceof Uint8Array) return { payload: body, type: {} };
  return { payload: JSON.stringify(body), type: { 'content-type': 'application/json' } };
};

const viewOf = (
  place: Pick<ServerView, 'origin' | 'folder'>,
  workspace: string | null,
  root: Api,
): ServerView => {
  const named = workspace === null ? {} : { 'bellwire-workspace': workspace };
  const api: Api = (call, body, options = {}) =>
    root(call, body, { ...options, headers: { ...named, ...options.headers } });
  return {
    ...place,
    workspace,
    api,
    addHook: async (url, fields = {}, options = {}) => {
      const hook = { url, events: ['*'], ...fields };
      const { status, body, text } = await api('POST /v1/webhooks', hook, options);
      if (status !== 201) throw new Error(`the hook was refused: ${text}`);
      return body;
    },
    send: async (fields = {}) => {
      const { status, body, text } = await api('POST /v1/events', { type: 'a', data: {}, ...fields });
      if (status !== 202) throw new Error(`the event was refused: ${text}`);
      return body;
    },
    deliveries: async (query) => (await api(`GET /v1/deliveries?${query}`)).body.data,
    deliveryIn: (id, ...statuses) =>
      until(
        async () => (await api(`GET /v1/deliveries/${id}`)).body,
        ({ status }) => statuses.includes(status),
      ),
  };
};

const createApi =
  (origin: string, dispatcher: Agent): Api =>
  async (call, body, { key = ADMIN_KEY, headers = {} } = {}) => {
    const [method = '', path = ''] = call.split(' ', 2);
    const { payload, type } = encode(body);
    const answer = await request(origin + path, {
      dispatcher,
      method,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...type, ...headers },
      body: payload,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, body: parse(text) };
  };

/** Calls a Bellwire in this process, like a program that mounts its `fetch`. */
export const withoutSocket =
  ({ fetch }: Bellwire): Api =>
  async (call, body, { key = ADMIN_KEY, headers = {} } = {}) => {
    const [method = '', path = ''] = call.split(' ', 2);
    const init = {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await fetch(new Request(`http://127.0.0.1${path}`, init));
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: parse(text),
    };
  };

/** Keeps every line of every level, as text. */
const recordingLog = (lines: string[]): Log => {
  const write =
    (level: string) =>
    (message: string, fields = {}) =>
      void lines.push(JSON.stringify({ level, message, ...fields }));
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
};

export interface ServerOptions {
  readonly settings?: SettingTexts;
  readonly parts?: BellwireParts;
  /** False leaves deliveries unswept, as before `start`. */
  readonly started?: boolean;
}

/** Starts a Bellwire in this process, on a free port, with a new database; receivers on loopback are allowed. */
export const startServer = async ({
  settings = {},
  parts = {},
  started = true,
}: ServerOptions = {}): Promise<RunningServer> => {
  const folder = await createTemporaryFolder();
  const storage = settings.database_url === undefined ? await createServerStorage(folder.path) : null;
  const log_lines: string[] = [];
  const config = readConfig({
    port: '0',
    ...storage?.settings,
    allow_networks: '127.0.0.0/8',
    log_level: 'silent',
    api_key: ADMIN_KEY,
    ...settings,
  });
  const bellwire = await createBellwire(config, { log: recordingLog(log_lines), ...parts }).catch(
    async (error: unknown) => {
      await storage?.[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      throw error;
    },
  );
  const listening = await listen(bellwire.fetch, config);
  if (started) await bellwire.start();
  const agent = new Agent({ pipelining: 1 });
  const origin = `http://127.0.0.1:${listening.port}`;
  const api = createApi(origin, agent);
  const place = { origin, folder: folder.path };
  return {
    ...viewOf(place, null, api),
    bellwire,
    port: listening.port,
    newWorkspace: async (fields = {}) => {
      const { body } = await api('POST /v1/workspaces', { name: randomUUID(), ...fields });
      return viewOf(place, body.id, api);
    },
    log_lines,
    database_path: bellwire.database_path,
    database_url: config.database_url,
    inbox_path: config.database_url.startsWith('file:')
      ? `${bellwire.database_path}-inbox`
      : `${bellwire.data_folder}/inbox`,
    [Symbol.asyncDispose]: async () => {
      bellwire.endStreams();
      await agent.destroy();
      await listening.close();
      await bellwire.stop();
      await storage?.[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
};
