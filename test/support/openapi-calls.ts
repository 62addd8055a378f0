import { EXAMPLE } from '../../packages/server/src/rpc/examples.ts';
import type { DocumentedOperation } from './openapi.ts';
import type { Answer, Api, RunningServer } from './running-server.ts';

/** Ids that exist, by the ids of the examples. */
export type Ids = Readonly<Record<string, string>>;

/** Creates one of each noun, so that every example refers to an existing one. */
export const createExamples = async (
  { api, addHook, send, deliveries, deliveryIn }: RunningServer,
  url: string,
): Promise<Ids> => {
  const hook = await addHook(url);
  await api(`PUT /v1/event-types/${EXAMPLE.event_type}`, { example: EXAMPLE.data });
  const event = await send({ type: EXAMPLE.event_type, data: EXAMPLE.data, hook_ids: [hook.id] });
  const [created] = await deliveries(`event_id=${event.id}`);
  await api(`PATCH /v1/tenants/${EXAMPLE.tenant}`, { metadata: EXAMPLE.metadata });
  const { body: workspace } = await api('POST /v1/workspaces', { name: `of ${event.id}` });
  const { body: key } = await api('POST /v1/api-keys', { name: 'spare' });
  const { body: recovery } = await api('POST /v1/recoveries', { delivery_ids: [created!.id] });
  const delivery = await deliveryIn(created!.id, 'succeeded', 'failed', 'held');
  await api('PATCH /v1/tenants/spare', {});
  const { body: erasure } = await api('DELETE /v1/tenants/spare');
  return {
    [EXAMPLE.erasure_id]: erasure.id,
    [EXAMPLE.hook_id]: hook.id,
    [EXAMPLE.event_id]: event.id,
    [EXAMPLE.delivery_id]: delivery.id,
    [EXAMPLE.recovery_id]: recovery.id,
    [EXAMPLE.workspace_id]: workspace.id,
    [EXAMPLE.key_id]: key.id,
  };
};

/** The same JSON with existing ids in place of the example ids. */
const withIds = <T>(value: T, ids: Ids): T =>
  JSON.parse(
    Object.entries(ids).reduce((text, [shown, real]) => text.replaceAll(shown, real), JSON.stringify(value)),
  ) as T;

export interface Variation {
  readonly ids?: Ids;
  /** Replaces the example of the body. */
  readonly body?: unknown;
  /** Additional fields of the query. */
  readonly query?: Readonly<Record<string, string>>;
  /** True sends only the required fields of the query. */
  readonly bare?: boolean;
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls an operation with the examples of the document, varied as specified. */
export const callByExample = (
  api: Api,
  { method, path, operation: { requestBody }, parameters }: DocumentedOperation,
  { ids = {}, query = {}, bare = false, ...given }: Variation = {},
): Promise<Answer> => {
  const valueOf = (example: unknown): string => String(withIds(example, ids));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === field);
    return encodeURIComponent(valueOf(parameter?.example));
  });
  const sent = parameters.filter((one) => one.in === 'query' && (one.required || !bare));
  const search = new URLSearchParams([
    ...sent.flatMap(({ name, example: shown, style }) =>
      style === 'deepObject'
        ? Object.entries(shown as object).map(([key, value]) => [`${name}[${key}]`, valueOf(value)])
        : [[name, valueOf(shown)]],
    ),
    ...Object.entries(query),
  ]).toString();
  const example = requestBody?.content['application/json']?.example;
  const body = 'body' in given ? given.body : example === undefined ? undefined : withIds(example, ids);
  const { key, headers = {} } = given;
  const call = `${method.toUpperCase()} ${filled}${search === '' ? '' : `?${search}`}` as `GET /${string}`;
  return api(call, body, { ...(key === undefined ? {} : { key }), headers });
};
