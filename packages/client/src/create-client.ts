import type { AppRouter } from '@bellwire/server';
import { createTRPCUntypedClient } from '@trpc/client';
import { type BellwireError, invalidInput, type Issue } from './bellwire-error.ts';
import { type Call, calls, idFields } from './calls.ts';
import type { Catalog } from './catalog.ts';
import type { CallOptions } from './call-options.ts';
import type { Client, ClientOptions } from './client.ts';
import { createLinks, wayOf } from './links.ts';
import { createListing } from './listing.ts';
import { createPush } from './push.ts';
import { withRetries } from './retry.ts';
import type { Noun, Page } from './router-types.ts';
import { createSend, createSendBatch } from './send.ts';
import { toBellwireError } from './to-error.ts';
import { createWatch } from './watch.ts';

type Input = Readonly<Record<string, unknown>>;

/** What a header can carry without being changed. */
const isWord = (text: string | undefined): boolean => /^[\x21-\x7e]+$/.test(text ?? '');

/** A path of the API after the url is the commonest mistake; a query or a fragment would swallow our own path. */
const isBase = (url: string): boolean =>
  /^https?:\/\/[^?#]+$/.test(url) && URL.canParse(url) && !/\/(?:v1|trpc)\/*$/.test(url);

/** In plain JavaScript everything can be missing. */
const judge = ({
  url,
  api_key,
  workspace = 'none',
  timeout_ms = 1,
}: Partial<ClientOptions<Catalog | undefined>>): readonly Issue[] => [
  ...(url !== undefined && isBase(url)
    ? []
    : [
        {
          path: 'url',
          message: `must be where Bellwire runs, like http://127.0.0.1:4400, without a path of the API; it is "${url}"`,
        },
      ]),
  ...(isWord(api_key)
    ? []
    : [{ path: 'api_key', message: 'must be an API key; it is empty or has characters that no key has' }]),
  ...(isWord(workspace) ? [] : [{ path: 'workspace', message: 'must be the id of a workspace' }]),
  ...(Number.isSafeInteger(timeout_ms) && timeout_ms > 0
    ? []
    : [{ path: 'timeout_ms', message: 'must be a whole number of milliseconds above 0' }]),
];

const write = (input: Input, replacer: (key: string, value: unknown) => unknown): string => {
  try {
    return JSON.stringify(input, replacer);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalidInput([{ path: '', message: `cannot be serialized as JSON (${why})` }], cause);
  }
};

/** @throws BellwireError `invalid_input`, also for NaN and Infinity: JSON would write null without a word */
const toJson = (input: Input): string => {
  const lost: Issue[] = [];
  const json = write(input, (path, value) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      lost.push({ path, message: `is ${value}, which JSON has not` });
    return value;
  });
  if (lost.length > 0) throw invalidInput(lost);
  return json;
};

/** Runs one of the calls: its input is one object, as on the wire. */
type Run = (
  name: string,
  call: Call,
  args: { readonly input: Input; readonly options: CallOptions },
) => Promise<unknown>;

const createRun = (options: ClientOptions<Catalog | undefined>): Run => {
  const { url, api_key, workspace, retry = {}, timeout_ms = 30_000 } = options;
  const rpc = createTRPCUntypedClient<AppRouter>({
    links: createLinks({
      url: `${url.replace(/\/+$/, '')}/trpc`,
      headers: {
        authorization: `Bearer ${api_key}`,
        ...(workspace === undefined ? {} : { 'bellwire-workspace': workspace }),
      },
      fetch: options.fetch ?? ((at, init) => globalThis.fetch(at, init)),
      timeout_ms,
    }),
  });
  return async (name, { kind, again, slow = false }, { input, options: { signal, retry: own = retry } }) => {
    const is_query = kind !== 'mutation';
    const json = toJson(input);
    const to_send = {
      context: { way: slow ? 'slow' : wayOf(json, is_query) },
      ...(signal === undefined ? {} : { signal }),
    };
    const once = async (): Promise<unknown> => {
      try {
        return await rpc[is_query ? 'query' : 'mutation'](name, input, to_send);
      } catch (thrown) {
        throw toBellwireError(thrown) satisfies BellwireError;
      }
    };
    return withRetries(once, { again, retry: own, signal });
  };
};

type AnyMethod = (...args: readonly unknown[]) => unknown;

/** The arguments of a method as one input, by what the call takes. */
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
 * A client of one Bellwire. It opens nothing before the first call and holds nothing open after the last.
 * @throws BellwireError `invalid_input` when the url or the key cannot be one
 */
export const createClient = <const C extends Catalog | undefined = undefined>(
  options: ClientOptions<C>,
): Client<C> => {
  const issues = judge(options);
  if (issues.length > 0) throw invalidInput(issues);
  const run = createRun(options);
  const { catalog, to_json_schema } = options;
  const nouns = Object.fromEntries(
    (Object.keys(calls) as Noun[]).map((noun) => [noun, createMethods(run, noun)]),
  );
  const plain = nouns as unknown as Client;
  const runEvents =
    (verb: 'send' | 'sendBatch') =>
    (input: object, call_options: CallOptions): Promise<unknown> =>
      run(`events.${verb}`, calls.events[verb], { input: input as Input, options: call_options });
  const client = {
    ...plain,
    events: {
      ...plain.events,
      send: createSend(runEvents('send'), catalog),
      sendBatch: createSendBatch(runEvents('sendBatch'), catalog),
    },
    deliveries: { ...plain.deliveries, watch: createWatch(plain.deliveries) },
    eventTypes: { ...plain.eventTypes, push: createPush(plain.eventTypes, catalog, to_json_schema) },
  };
  return client as unknown as Client<C>;
};
