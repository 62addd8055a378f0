import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const dialects = [...createDialects().values()];

it.each(dialects)('a custom header cannot replace a header of $name', async (dialect) => {
  const own = [...Object.values(dialect.header_names), ...Object.keys(dialect.fixed_headers)];
  expect(own).not.toEqual([]);
  const hook = { url: 'https://example.com/', events: ['*'], dialect: dialect.name };
  const create = (headers: object) => server.api('POST /v1/webhooks', { ...hook, headers });
  for (const name of own.flatMap((one) => [one, one.toLowerCase(), one.toUpperCase()])) {
    const { status, body } = await create({ [name]: 'evil' });
    expect([name, status, body.error?.code]).toEqual([name, 422, 'invalid_input']);
    expect(body.error.issues).toMatchObject([{ path: `headers.${name}` }]);
  }
  expect((await create({ 'X-Of-My-Own': 'fine' })).status).toBe(201);
});
