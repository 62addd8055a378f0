import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen } from '../../packages/server/src/index.ts';
import { createHostCheck } from '../../packages/server/src/http/host-check.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';
import { words } from '../support/words.ts';

const OWN = words`localhost localhost:4400 LOCALHOST localhost. a.localhost:1 127.0.0.1 127.0.0.1:9 127.8.8.8 [::1] [::1]:80`;
const FOREIGN = words`
  evil.example.com evil.example.com:4400 localhost.evil.example.com 127.0.0.1.nip.io 127.0.0.1.evil.example.com
  evillocalhost 0.0.0.0 [::] 10.0.0.1 192.168.1.7:4400 [fd00::1] 128.0.0.1 localhost@evil.example.com
  evil.example.com/localhost evil.example.com#localhost evil.example.com\localhost
`;

const accepted = (host: string, header: string | null, public_url: string | null = null): boolean =>
  (createHostCheck({ host, public_url })?.(header) ?? null) === null;

const acceptedByPublicUrl = (header: string): boolean =>
  accepted('127.0.0.1', header, 'https://Hooks.example.com:8443');

describe('a server that is bound to loopback', () => {
  it.each(['127.0.0.1', 'localhost', '::1', '127.0.0.2'])(
    '(%s) answers only to names of this machine',
    (bound) => {
      expect(OWN.filter((header) => !accepted(bound, header))).toEqual([]);
      expect([...FOREIGN, '', ' ', 'a b'].filter((header) => accepted(bound, header))).toEqual([]);
    },
  );

  it('also answers to the host of the public URL, with any port', () => {
    const own = words`hooks.example.com HOOKS.example.com. hooks.example.com:8443 localhost`;
    expect(own.filter(acceptedByPublicUrl)).toEqual(own);
    const foreign = words`example.com a.hooks.example.com hooks.example.com.evil.example`;
    expect(foreign.filter(acceptedByPublicUrl)).toEqual([]);
  });

  const shared = keepForFile(startServer({ settings: { inbox: 'true' } }));
  const call = async (path: `/${string}`, host: string, method = 'GET') =>
    (await shared).api(`${method} ${path}`, method === 'GET' ? undefined : {}, { headers: { host } });

  it('refuses every path for a rebound name, also health checks and pages, and says how to allow it', async () => {
    const paths = [
      '/healthz',
      '/readyz',
      '/metrics',
      '/',
      '/docs',
      '/openapi.json',
      '/v1',
      '/v1/webhooks',
      '/inbox/a',
    ];
    for (const path of paths as `/${string}`[]) {
      const answer = await call(path, 'evil.example.com:80');
      expect([path, answer.status, answer.body.error.code]).toEqual([path, 421, 'host_refused']);
      expect(answer.body.error.message).toContain('BELLWIRE_PUBLIC_URL');
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      expect((await call(path, `localhost:${(await shared).port}`)).status, path).toBeLessThan(405);
    }
    const event = await call('/v1/events', 'evil.example.com', 'POST');
    expect(event.body.error.code).toBe('host_refused');
    expect((await call('/inbox/a', 'evil.example.com', 'POST')).status).toBe(421);
  });

  it('refuses it also in the target of the request, as clients of proxies send it', async () => {
    const { port } = await shared;
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'evil.example.com', authorization: `Bearer ${ADMIN_KEY}` };
      request({ port, host: '127.0.0.1', path: 'http://127.0.0.1/v1/events', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });

  it('with a public URL answers to it', async () => {
    await using server = await startServer({ settings: { public_url: 'https://hooks.example.com' } });
    const ask = async (host: string) =>
      (await server.api('GET /healthz', undefined, { headers: { host } })).status;
    expect([await ask('hooks.example.com'), await ask('other.example.com')]).toEqual([200, 421]);
  });
});

it('a server that is bound to other addresses answers to every name', async () => {
  for (const bound of ['0.0.0.0', '::', '192.168.1.7', 'hooks.example.com']) {
    expect(createHostCheck({ host: bound })).toBeNull();
  }
  const listening = await listen(() => new Response('ok'), { host: '0.0.0.0', port: 0 });
  const { status } = await fetch(`http://127.0.0.1:${listening.port}/`, {
    headers: { host: 'a.example.com' },
  });
  expect(status).toBe(200);
  await listening.close();
});
