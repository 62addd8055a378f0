import { expect, it } from 'vitest';
import { answerInTurn } from '../../packages/server/src/http/trpc-batch.ts';
import { type AnswerBody, keepForFile, startServer } from '../support/running-server.ts';

const server = await keepForFile(startServer());

const batchOf = (calls: readonly (readonly [name: string, input: object])[]) => {
  const names = calls.map(([name]) => name).join(',');
  const inputs = Object.fromEntries(calls.map(([, input], n) => [n, input]));
  return server.api(`GET /trpc/${names}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`);
};

it('each call of a batch has the answer that it has alone, in order', async () => {
  const { id } = await server.send({ data: { n: 1 } });
  const calls = [
    ['events.get', { event_id: id }],
    ['hooks.list', {}],
    ['events.list', { limit: 1, include: 'data' }],
  ] as const;
  const { status, headers, body } = await batchOf(calls);
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/json');
  const alone = await Promise.all(
    calls.map(async ([name, input]) => {
      const path = `/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}` as const;
      return (await server.api(`GET ${path}`)).body;
    }),
  );
  expect(body).toEqual(alone);
});

it('a batch with an error has the other answers, and status 207', async () => {
  const { status, body } = await batchOf([
    ['events.get', { event_id: 'evt_00000000000000000000000000' }],
    ['hooks.list', {}],
    ['nothing.here', {}],
  ]);
  expect(status).toBe(207);
  expect(body).toMatchObject([
    { error: { data: { code: 'not_found' } } },
    { result: { data: { next_cursor: null } } },
    { error: {} },
  ]);
});

it('a batch of calls that all fail has their status', async () => {
  const { status } = await batchOf([
    ['events.list', { limit: -1 }],
    ['hooks.list', { limit: -1 }],
  ]);
  expect(status).toBe(422);
});

it('a batch of 20 pages of 4 MiB has all of them', async () => {
  const text = 'x'.repeat(850_000);
  for (let n = 0; n < 5; n += 1) await server.send({ data: { n, text } });
  const { status, body } = await batchOf(
    Array.from({ length: 20 }, () => ['events.list', { limit: 5, include: 'data' }]),
  );
  expect(status).toBe(207);
  expect(body).toHaveLength(20);
  const pages = body as unknown as readonly { readonly result: { readonly data: AnswerBody } }[];
  for (const { result } of pages) expect(result.data.data).toHaveLength(4);
});

it('a large batch makes its next call when the answers before it are read', async () => {
  let called = 0;
  const queries = Array.from({ length: 50 }, (_, n) => new Request(`http://localhost/trpc/${n}`));
  const answerTo = async (): Promise<Response> => {
    called += 1;
    return new Response(`["${'x'.repeat(300_000)}"]`);
  };
  const answer = await answerInTurn(queries, answerTo, async () => undefined);
  const reader = answer.body!.getReader();
  await reader.read();
  expect(called).toBe(4);
  await reader.read();
  expect(called).toBe(5);
  await reader.cancel();
  expect(called).toBe(5);
});
