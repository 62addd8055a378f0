import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineDialect } from '../../packages/server/src/dialects/define-dialect.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const TYPES_MAX = 1_000;
const KIB_64 = 65_536;

/** A dialect whose workspaces start with as many event types as they may have. */
const filled = defineDialect({
  name: 'large',
  catalog: Array.from({ length: TYPES_MAX }, (_, index) => ({ name: `type.${index}`, description: '' })),
});

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ parts: { dialects: [filled] } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** An object with this many bytes as JSON. */
const sized = (bytes: number) => ({ title: 'x'.repeat(bytes - '{"title":""}'.length) });

const arrange = async (workspace: object = {}) => {
  const { api } = await server.newWorkspace(workspace);
  const put = (name: string, fields: object) => api(`PUT /v1/event-types/${name}`, fields);
  const putAll = async (names: readonly string[], fields: object): Promise<void> => {
    const answers = await Promise.all(names.map((name) => put(name, fields)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  };
  return { api, put, putAll };
};

it('an example has at most 64 KiB, and the refusal names the limit', async () => {
  const { put } = await arrange();
  expect((await put('a', { example: sized(KIB_64), previous_example: sized(KIB_64) })).status).toBe(200);
  for (const field of ['example', 'previous_example']) {
    const { status, body } = await put('a', { [field]: sized(KIB_64 + 1) });
    expect([status, body.error.code]).toEqual([422, 'invalid_input']);
    expect(body.error.issues).toEqual([
      { path: field, message: 'has 65537 bytes as JSON; at most 65536 are allowed' },
    ]);
  }
});

it('a workspace has at most 1,000 event types, and an existing one can still be replaced', async () => {
  const { api, put } = await arrange({ dialect: 'large' });
  const { status, body } = await put('one.more', {});
  expect([status, body.error.code]).toEqual([409, 'catalog_full']);
  expect(body.error.message).toMatch(/at most 1000 event types.*Delete types/);
  expect((await put('type.7', { description: 'replaced' })).status).toBe(200);
  expect((await api('DELETE /v1/event-types/type.7')).status).toBe(204);
  expect((await put('one.more', {})).status).toBe(200);
});

it('the schemas of a workspace have at most 4 MiB together', async () => {
  const { put, putAll } = await arrange();
  const full = { schema: sized(KIB_64) };
  const names = Array.from({ length: 63 }, (_, index) => `type.${index}`);
  await putAll(names, full);
  expect((await put('last', { schema: sized(KIB_64 - 20) })).status).toBe(200);
  const { status, body } = await put('one.more', { schema: sized(21) });
  expect([status, body.error.code]).toEqual([409, 'catalog_full']);
  expect(body.error.issues).toEqual([{ path: 'schema', message: 'has 21 bytes; 20 are left' }]);
  expect((await put('one.more', { schema: sized(20) })).status).toBe(200);
  expect((await put('without.schema', {})).status).toBe(200);
  expect((await put('last', full)).body.error.code).toBe('catalog_full');
});

it('a list of event types is paged by size too, so that no answer has more than a few MiB', async () => {
  const { api, putAll } = await arrange();
  const large = { example: sized(KIB_64), previous_example: sized(KIB_64) };
  const names = Array.from({ length: 70 }, (_, index) => `type.${index}`).toSorted();
  await putAll(names, large);
  const listed: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { text, body } = await api(
      `GET /v1/event-types?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    expect(text.length).toBeLessThan(5 * 1_048_576);
    listed.push(...body.data.map(({ name }) => name));
    cursor = body.next_cursor;
  }
  expect(listed).toEqual(names);
});
