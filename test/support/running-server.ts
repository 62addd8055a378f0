import { Agent, request } from 'undici';
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
import { createTemporaryFolder } from './temporary-folder.ts';

export const ADMIN_KEY = 'an-admin-key-of-the-tests-9f3b7c1d';

/** What any answer of the API can hold. What a test reads it also checks, so that a wrong type shows. */
export interface AnswerBody {
  readonly id: string;
  readonly name: string;
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
  /** The text as JSON; an empty object when it is none. */
  readonly body: AnswerBody;
}

interface CallOptions {
  /** Null sends no key; the admin key when absent. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Calls the server over its socket: `api('GET /v1/events')`. A string or bytes go as they are, without a content
 * type; every other body goes as JSON.
 */
export type Api = (call: `${string} /${string}`, body?: unknown, options?: CallOptions) => Promise<Answer>;

export interface RunningServer extends AsyncDisposable {
  readonly bellwire: Bellwire;
  readonly origin: string;
  readonly port: number;
  readonly api: Api;
  /** Makes a hook to `url` for every event; more fields, or others, as given. */
  readonly addHook: (url: string, fields?: object, options?: CallOptions) => Promise<AnswerBody>;
  /** The delivery as `GET /v1/deliveries/{id}` shows it, once it is in one of these states. */
  readonly deliveryIn: (id: string, ...statuses: readonly string[]) => Promise<AnswerBody>;
  readonly log_lines: readonly string[];
  readonly folder: string;
  readonly database_path: string;
}

/** Longer than anything here takes, also on a busy machine. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 5;

/** Reads again and again until `isDone`, for a bounded time; answers what was read last. */
export const until = async <T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> => {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (performance.now() > end) throw new Error(`it never came to this; last: ${JSON.stringify(value)}`);
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

/** The calls of one client. */
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

/** A Bellwire of its own in this process, on a free port, with a new database; receivers on loopback are allowed. */
export const startServer = async ({
  settings = {},
  parts = {},
  started = true,
}: ServerOptions = {}): Promise<RunningServer> => {
  const folder = await createTemporaryFolder();
  const log_lines: string[] = [];
  const config = readConfig({
    port: '0',
    database_url: `file:${folder.file('bellwire.db')}`,
    allow_networks: '127.0.0.0/8',
    log_level: 'silent',
    api_key: ADMIN_KEY,
    ...settings,
  });
  const bellwire = await createBellwire(config, { log: recordingLog(log_lines), ...parts }).catch(
    async (error: unknown) => {
      await folder[Symbol.asyncDispose]();
      throw error;
    },
  );
  const listening = await listen(bellwire.fetch, config);
  if (started) await bellwire.start();
  const agent = new Agent({ pipelining: 1 });
  const origin = `http://127.0.0.1:${listening.port}`;
  const api = createApi(origin, agent);
  return {
    bellwire,
    origin,
    port: listening.port,
    api,
    addHook: async (url, fields = {}, options = {}) => {
      const { status, body, text } = await api(
        'POST /v1/webhooks',
        { url, events: ['*'], ...fields },
        options,
      );
      if (status !== 201) throw new Error(`the hook was refused: ${text}`);
      return body;
    },
    deliveryIn: (id, ...statuses) =>
      until(
        async () => (await api(`GET /v1/deliveries/${id}`)).body,
        ({ status }) => statuses.includes(status),
      ),
    log_lines,
    folder: folder.path,
    database_path: bellwire.database_path,
    [Symbol.asyncDispose]: async () => {
      await agent.destroy();
      await listening.close();
      await bellwire.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
};
