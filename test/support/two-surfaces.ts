import { createAppRouter } from '../../packages/server/src/rpc/router.ts';
import type { ProcedureMeta } from '../../packages/server/src/rpc/trpc.ts';
import type { Answer, AnswerBody, Api } from './running-server.ts';

interface Declared {
  readonly _def: { readonly type: 'query' | 'mutation'; readonly meta?: ProcedureMeta };
}

/** Every procedure of the router with its declaration. They cannot be called. */
export const procedures = Object.entries(
  createAppRouter({} as Parameters<typeof createAppRouter>[0])._def.procedures as unknown as Record<
    string,
    Declared
  >,
).map(([name, { _def }]) => ({ name, type: _def.type, meta: _def.meta }));

export type Input = Readonly<Record<string, unknown>>;

/** The outcome of a call in terms that both surfaces share. */
export interface Outcome {
  readonly status: number;
  readonly value: unknown;
  readonly error: AnswerBody['error'] | null;
}

const declared = (name: string) => {
  const found = procedures.find((procedure) => procedure.name === name);
  if (found?.meta?.route === undefined) throw new Error(`REST has no procedure ${name}`);
  return { ...found, route: found.meta.route };
};

/** A field of a query; a map has one for each key: `metadata[order_id]=1042`. */
const queryFields = ([name, value]: readonly [string, unknown]): [string, string][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([key, item]) => [`${name}[${key}]`, String(item)])
    : [[name, String(value)]];

const toQuery = (fields: Input): string =>
  new URLSearchParams(Object.entries(fields).flatMap(queryFields)).toString();

/** Calls a procedure over `/v1` by its route. */
export const overRest = async (
  api: Api,
  workspace: string,
  { name, input }: { readonly name: string; readonly input: Input },
): Promise<Outcome> => {
  const { route } = declared(name);
  const fields = { ...input };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const value = fields[field];
    delete fields[field];
    return encodeURIComponent(String(value));
  });
  const query = route.method === 'GET' ? `?${toQuery(fields)}` : '';
  const body = route.method === 'GET' ? undefined : fields;
  const options = { headers: { 'bellwire-workspace': workspace } };
  const answer = await api(`${route.method} /v1${path}${query}`, body, options);
  const { error } = answer.body;
  return { status: answer.status, value: answer.text === '' ? undefined : answer.body, error: error ?? null };
};

const isQuery = (name: string): boolean => declared(name).type === 'query';

/** Calls a procedure over `/trpc` in tRPC's own format. */
export const overTrpc = async (
  api: Api,
  workspace: string,
  { name, input }: { readonly name: string; readonly input: Input },
): Promise<Outcome> => {
  const options = { headers: { 'bellwire-workspace': workspace } };
  const answer: Answer = isQuery(name)
    ? await api(`GET /trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`, undefined, options)
    : await api(`POST /trpc/${name}`, input, options);
  const body = answer.body as unknown as {
    readonly result?: { readonly data?: unknown };
    readonly error?: { readonly data: AnswerBody['error'] & { httpStatus?: number } };
  };
  const { httpStatus: _, ...error } = body.error?.data ?? { httpStatus: 0 };
  return {
    status: answer.status,
    value: body.result?.data,
    error: body.error === undefined ? null : (error as AnswerBody['error']),
  };
};

/** An outcome as text that is equal on both surfaces. Issues of a query differ, since its values are text. */
export const comparable = (
  name: string,
  { error, value }: Outcome,
  toText: (value: unknown) => string = normalized,
): string => {
  if (error === null) return toText(value);
  const is_query = isQuery(name) && error.code === 'invalid_input';
  const paths = error.issues?.map(({ path, message }) => (is_query ? path : `${path} ${message}`));
  // A number can violate two rules where its text violates one.
  const issues = is_query ? [...new Set(paths)] : paths;
  return toText({ code: error.code, issues, message: is_query ? '' : error.message });
};

/** The expected REST status of a successful call. */
export const successOf = (name: string, value: unknown): number =>
  value === undefined ? 204 : (declared(name).route.status ?? 200);

const ID = /\b(?:ws|wh|evt|dlv|att|rcv|ers|key|aud)_[0-9a-z]{26}\b/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const SECRET = /whsec_[A-Za-z0-9+/=]+|bw_[a-z]+_\w+|https?:\/\/[\w.:]+\/portal#[\w-]+/g;

/** Signatures, by the generated secrets of hooks, and the seconds that they sign. */
const SIGNED = /[A-Za-z0-9+/]{43}=|\b[0-9a-f]{64}\b|\b1[789]\d{8}\b/g;

/** JSON text without the values that differ between two runs: each id becomes its position. */
export const normalized = (value: unknown): string => {
  const seen = new Map<string, string>();
  const positionOf = (id: string): string => {
    const known = seen.get(id) ?? `${id.slice(0, id.indexOf('_'))}_${seen.size}`;
    seen.set(id, known);
    return known;
  };
  return (
    (JSON.stringify(value) ?? 'undefined')
      .replaceAll(ID, positionOf)
      .replaceAll(TIME, '<time>')
      .replaceAll(SECRET, '<secret>')
      // Written some time after the call.
      .replaceAll(/"last_used_at":(?:null|"<time>")/g, '"last_used_at":"<used>"')
      .replaceAll(SIGNED, '<signed>')
      .replaceAll(/"number":\d+/g, '"number":0')
      .replaceAll(/"next_cursor":"[^"]*"/g, '"next_cursor":"<cursor>"')
      .replaceAll(/"hint":"[^"]*"/g, '"hint":""')
  );
};
