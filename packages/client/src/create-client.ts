import type { AppRouter, Noun, Page } from '@bellwire/server';
import { createTRPCUntypedClient } from '@trpc/client';
import { invalidInput, type Issue } from './bellwire-error.ts';
import { type Call, calls, idFields } from './calls.ts';
import type { Catalog } from './catalog.ts';
import type { Client, ClientOptions } from './client.ts';
import { createLinks, routeOf } from './links.ts';
import { createListing } from './listing.ts';
import { createPush } from './push.ts';
import { type CallOptions, type RetryOptions, withRetries } from './retry.ts';
import { createOnce, createSend, createSendBatch, type SendFields } from './send.ts';
import { toBellwireError } from './to-error.ts';
import { type Connection, createStream } from './stream.ts';
import { createWatch } from './watch.ts';

type Input = Readonly<Record<string, unknown>>;

/** Whether a header can carry the text unchanged. */
const isToken = (text: string | undefined): boolean => /^[\x21-\x7e]+$/.test(text ?? '');

/** An API path in the URL is a common mistake; a query or a fragment would swallow the path of the call. */
const isBaseUrl = (url: string): boolean =>
  /^https?:\/\/[^?#]+$/.test(url) && URL.canParse(url) && !/\/(?:v1|trpc)\/*$/.test(url);

/** Validates at run time too: in plain JavaScript, every option can be missing or wrong. */
const validate = ({
  url,
  api_key,
  workspace = 'none',
  timeout_ms = 1,
}: Partial<ClientOptions<Catalog | undefined>>): readonly Issue[] => {
  const checks: readonly (readonly [string, boolean, string])[] = [
    [
      'url',
      url !== undefined && isBaseUrl(url),
      `must be the URL of the server, like http://127.0.0.1:4400, without an API path; it is "${url}"`,
    ],
    [
      'api_key',
      api_key === null || isToken(api_key),
      'must be an API key: visible ASCII characters without spaces',
    ],
    ['workspace', isToken(workspace), 'must be the id of a workspace'],
    [
      'timeout_ms',
      Number.isSafeInteger(timeout_ms) && timeout_ms > 0,
      'must be a positive whole number of milliseconds',
    ],
  ];
  return checks.flatMap(([path, is_valid, message]) => (is_valid ? [] : [{ path, message }]));
};

const stringify = (input: Input, replacer: (key: string, value: unknown) => unknown): string => {
  try {
    return JSON.stringify(input, replacer);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalidInput([{ path: '', message: `cannot be serialized as JSON (${why})` }], cause);
  }
};

/** @throws BellwireError `invalid_input`, also for NaN and Infinity, which JSON would replace by null */
const toJson = (input: Input): string => {
  const lost: Issue[] = [];
  const json = stringify(input, (path, value) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      lost.push({ path, message: `is ${value}, which is not valid in JSON` });
    return value;
  });
  if (lost.length > 0) throw invalidInput(lost);
  return json;
};

/** Runs a call with its input as one object. */
type Run = (
  name: string,
  call: Call,
  args: { readonly input: Input; readonly options: CallOptions },
) => Promise<unknown>;

/** How to reach the server. */
const connectionOf = (options: ClientOptions<Catalog | undefined>) => {
  const { url, api_key, workspace, timeout_ms = 30_000 } = options;
  return {
    url: url.replace(/\/+$/, ''),
    headers: {
      ...(api_key === null ? {} : { authorization: `Bearer ${api_key}` }),
      ...(workspace === undefined ? {} : { 'bellwire-workspace': workspace }),
    },
    fetch: options.fetch ?? ((at, init) => globalThis.fetch(at, init)),
    timeout_ms,
  } satisfies Connection;
};

const createRun = (connection: Connection, retry: RetryOptions | false = {}): Run => {
  const rpc = createTRPCUntypedClient<AppRouter>({
    links: createLinks({ ...connection, url: `${connection.url}/trpc` }),
  });
  return async (
    name,
    { kind, retry_rule, slow = false },
    { input, options: { signal, retry: own = retry } },
  ) => {
    const is_query = kind !== 'mutation';
    const json = toJson(input);
    const to_send = {
      context: { route: slow ? 'slow' : routeOf(json, is_query) },
      ...(signal === undefined ? {} : { signal }),
    };
    const once = async (): Promise<unknown> => {
      try {
        return await rpc[is_query ? 'query' : 'mutation'](name, input, to_send);
      } catch (thrown) {
        throw toBellwireError(thrown);
      }
    };
    return withRetries(once, { retry_rule, retry: own, signal });
  };
};

type AnyMethod = (...args: readonly unknown[]) => unknown;

/** The methods as in the router, where `send` and `sendBatch` take their fields as one object. */
type Methods = Omit<Client, 'events' | 'hooks' | 'workspaces'> & {
  readonly events: Readonly<Record<'send' | 'sendBatch', SendFields>>;
  readonly hooks: { readonly create: SendFields };
  readonly workspaces: { readonly create: SendFields };
};

/** Combines the arguments of a method into one input. */
const readArgs = (
  { takes }: Call,
  id_field: string | null,
  args: readonly unknown[],
): { readonly input: Input; readonly options: CallOptions } => {
  const id = takes === 'fields' ? {} : { [id_field ?? 'id']: args[0] };
  const rest = takes === 'fields' ? args : args.slice(1);
  const [fields = {}, options = {}] = takes === 'id' ? [{}, rest[0]] : rest;
  return { input: { ...(fields as Input), ...id }, options: options as CallOptions };
};

const createMethods = (run: Run, noun: Noun): Record<string, AnyMethod> =>
  Object.fromEntries(
    Object.entries<Call>(calls[noun]).map(([verb, call]) => {
      const name = `${noun}.${verb}`;
      const method: AnyMethod = (...args) => {
        const { input, options } = readArgs(call, idFields[noun], args);
        if (call.kind !== 'list') return run(name, call, { input, options });
        return createListing((cursor) => {
          const at = cursor === undefined ? input : { ...input, cursor };
          return run(name, call, { input: at, options }) as Promise<Page<unknown>>;
        });
      };
      return [verb, method];
    }),
  );

/**
 * Creates a client of one server. It opens no connection before the first call.
 * @throws BellwireError `invalid_input` if the URL, the key or another option is invalid
 */
export const createClient = <const C extends Catalog | undefined = undefined>(
  options: ClientOptions<C>,
): Client<C> => {
  const issues = validate(options);
  if (issues.length > 0) throw invalidInput(issues);
  const connection = connectionOf(options);
  const run = createRun(connection, options.retry);
  const { catalog, to_json_schema } = options;
  const methods = Object.fromEntries(
    (Object.keys(calls) as Noun[]).map((noun) => [noun, createMethods(run, noun)]),
  ) as unknown as Methods;
  const stream = createStream(connection);
  const client = {
    ...methods,
    stream,
    events: {
      ...methods.events,
      send: createSend(methods.events.send, catalog),
      sendBatch: createSendBatch(methods.events.sendBatch, catalog),
    },
    hooks: { ...methods.hooks, create: createOnce(methods.hooks.create) },
    workspaces: { ...methods.workspaces, create: createOnce(methods.workspaces.create) },
    deliveries: { ...methods.deliveries, watch: createWatch({ ...methods.deliveries, stream }) },
    eventTypes: { ...methods.eventTypes, push: createPush(methods.eventTypes, catalog, to_json_schema) },
  };
  return client as unknown as Client<C>;
};
