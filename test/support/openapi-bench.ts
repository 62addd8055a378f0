import { expect } from 'vitest';
import { routesOf } from '../../packages/server/src/http/routes.ts';
import { createOpenApi } from '../../packages/server/src/http/openapi/document.ts';
import { EXAMPLE } from '../../packages/server/src/rpc/examples.ts';
import { createAppRouter } from '../../packages/server/src/rpc/router.ts';
import { answerFor, createDocumentJudge, type DocumentedOperation, operationsIn } from './openapi.ts';
import type { Answer, Api, RunningServer } from './running-server.ts';

/** The document, made without a server: it needs nothing but the router. */
export const document = createOpenApi(routesOf(createAppRouter({} as Parameters<typeof createAppRouter>[0])));

export const judge = createDocumentJudge(document);
const all = operationsIn(document);
/** The operations of the API, without those of the process. */
export const operations = all.filter(({ name }) => !name.startsWith('process.'));
export const process_operations = all.filter(({ name }) => name.startsWith('process.'));

export const operation = (name: string): DocumentedOperation => {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the document has no operation ${name}`);
  return found;
};

/** Real ids by the ids that the examples show. */
type Things = Readonly<Record<string, string>>;

/** One of each noun, so that every example names something that is there. */
export const makeThings = async (
  { api, addHook, deliveryIn }: RunningServer,
  url: string,
): Promise<Things> => {
  const hook = await addHook(url);
  await api(`PUT /v1/event-types/${EXAMPLE.event_type}`, { example: EXAMPLE.data });
  const { body: event } = await api('POST /v1/events', {
    type: EXAMPLE.event_type,
    data: EXAMPLE.data,
    hook_ids: [hook.id],
  });
  const { body: deliveries } = await api(`GET /v1/deliveries?event_id=${event.id}`);
  const { body: workspace } = await api('POST /v1/workspaces', { name: `of ${event.id}` });
  const { body: key } = await api('POST /v1/api-keys', { name: 'spare' });
  const delivery = await deliveryIn(deliveries.data[0]!.id, 'succeeded', 'failed', 'held');
  return {
    [EXAMPLE.hook_id]: hook.id,
    [EXAMPLE.event_id]: event.id,
    [EXAMPLE.delivery_id]: delivery.id,
    [EXAMPLE.workspace_id]: workspace.id,
    [EXAMPLE.key_id]: key.id,
  };
};

/** Every example id in a JSON value becomes the id of something that is there. */
const withThings = <T>(value: T, things: Things): T =>
  JSON.parse(
    Object.entries(things).reduce(
      (text, [shown, real]) => text.replaceAll(shown, real),
      JSON.stringify(value),
    ),
  ) as T;

export interface Variation {
  readonly things?: Things;
  /** In the place of the body's example. */
  readonly body?: unknown;
  /** More of the query. */
  readonly query?: Readonly<Record<string, string>>;
  /** True takes only what must be there of the query. */
  readonly bare?: boolean;
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls an operation with the document's own examples, as far as nothing else is given. */
export const callByExample = (
  api: Api,
  { method, path, operation: { requestBody }, parameters }: DocumentedOperation,
  { things = {}, query = {}, bare = false, ...given }: Variation = {},
): Promise<Answer> => {
  const valueOf = (example: unknown): string => String(withThings(example, things));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === field);
    return encodeURIComponent(valueOf(parameter?.example));
  });
  const asked = parameters.filter((one) => one.in === 'query' && (one.required || !bare));
  const search = new URLSearchParams([
    ...asked.map((one) => [one.name, valueOf(one.example)]),
    ...Object.entries(query),
  ]).toString();
  const example = requestBody?.content['application/json']?.example;
  const body = 'body' in given ? given.body : example === undefined ? undefined : withThings(example, things);
  const { key, headers = {} } = given;
  return api(
    `${method.toUpperCase()} ${filled}${search === '' ? '' : `?${search}`}` as `GET /${string}`,
    body,
    {
      ...(key === undefined ? {} : { key }),
      headers,
    },
  );
};

/** Fails when the document does not have this very answer for the operation. */
export const expectDocumented = (
  { name, operation: described }: DocumentedOperation,
  answer: Answer,
): void => {
  const documented = answerFor(document, described, answer.status);
  const said = `${name} answered ${answer.status} ${answer.text.slice(0, 500)}`;
  expect(documented, `${said}, which is not documented`).toBeDefined();
  expect(judge.judge(documented!, answer), said).toEqual([]);
};
