import { expect, it } from 'vitest';
import { keepForFile, startServer } from '../support/running-server.ts';

const server = await keepForFile(startServer());

it.each(['/v1', '/api/v1'] as const)(
  'GET %s links the documentation and the lists, without a key',
  async (path) => {
    const { status, headers, body } = await server.api(`GET ${path}`, undefined, { key: null });
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    const collections: Record<string, string> = {};
    for (const name of [
      'api-keys',
      'audit',
      'deliveries',
      'event-types',
      'events',
      'recoveries',
      'tenants',
      'webhooks',
      'workspaces',
    ])
      collections[name.replace('-', '_')] = `${path}/${name}`;
    expect(body).toEqual({
      name: 'Bellwire',
      documentation: '/docs',
      openapi: '/openapi.json',
      authentication: expect.stringContaining('Authorization: Bearer'),
      collections,
    });
    for (const link of ['/docs', '/openapi.json', ...Object.values(collections)] as `/${string}`[]) {
      expect([link, (await server.api(`GET ${link}`)).status]).toEqual([link, 200]);
    }
  },
);

it('other methods are not supported there', async () => {
  const { status, headers } = await server.api('POST /v1', {});
  expect([status, headers['allow']]).toEqual([405, 'GET']);
});
