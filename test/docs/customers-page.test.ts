import { symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startApiProcess } from '../support/api-process.ts';
import { readDocPage } from '../support/doc-page.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer, until } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const [program = ''] = readDocPage('docs/customers.md').blocks('ts');

const EVER = new Date(0).toISOString();
const MISSING = { status: 404, body: { error: { code: 'not_found', message: 'Not found.' } } };

interface Row {
  readonly id: string;
  readonly secret: string;
  readonly status: string;
  readonly last_error: string | null;
  readonly warnings: readonly { readonly code: string }[];
  readonly data: readonly Row[];
}

/** Runs the API of the page as its own process. */
const startApi = async (folder: string, env: Readonly<Record<string, string>>) => {
  await symlink(modules, `${folder}/node_modules`);
  await writeFile(`${folder}/api.mts`, program);
  const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  return startApiProcess({ cwd: folder, args: ['--import', tsx, 'api.mts'], env });
};

it('the API of the customers’ page keeps customers apart, and delivers, rotates, retries and recovers for each', async () => {
  await using server = await startServer();
  const failing = { path: '/fails' };
  await using receiver = await startReceiver(({ path }) => (path === failing.path ? { status: 500 } : {}));
  await using folder = await createTemporaryFolder();
  await using api = await startApi(folder.path, {
    BELLWIRE_URL: server.origin,
    BELLWIRE_API_KEY: ADMIN_KEY,
  });
  const as =
    (customer: string) =>
    async (call: string, body?: object): Promise<{ readonly status: number; readonly body: Row }> => {
      const [method = '', path = ''] = call.split(' ');
      const response = await fetch(api.origin + path, {
        method,
        headers: { 'x-customer': customer, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Row };
    };
  const [one, two] = [as('cus_1'), as('cus_2')];
  const register = async (customer: typeof one, path: string) =>
    (await customer('POST /webhooks', { url: receiver.origin + path, events: ['order.*'] })).body;
  const [own, foreign] = [await register(one, '/fails'), await register(two, '/two')];
  expect(own.secret).toMatch(/^whsec_/);

  expect((await one('POST /orders', { total: 499 })).status).toBe(201);
  const listed = async () => (await one(`GET /webhooks/${own.id}/deliveries`)).body.data;
  const [delivery] = await until(listed, ([first]) => first?.status === 'pending');
  expect(delivery!.last_error).toBe('The receiver responded with status 500.');
  expect(receiver.calls.map(({ path }) => path)).toEqual(['/fails']);
  expect((await register(two, '/two')).warnings).toMatchObject([{ code: 'duplicate_url' }]);
  expect((await one('GET /webhooks')).body.data.map(({ id }) => id)).toEqual([own.id]);

  const retry = `/deliveries/${delivery!.id}/retry`;
  for (const call of [
    `GET /webhooks/${foreign.id}/deliveries`,
    `POST /webhooks/${foreign.id}/rotate-secret`,
    `POST /webhooks/${foreign.id}/recover`,
    `POST /webhooks/${foreign.id}${retry}`,
    `POST /webhooks/wh_none${retry}`,
    `POST /webhooks/${own.id}/deliveries/dlv_none/retry`,
  ]) {
    expect([call, await one(call, call.startsWith('POST') ? { since: EVER } : undefined)]).toEqual([
      call,
      MISSING,
    ]);
  }
  expect(await two(`POST /webhooks/${foreign.id}${retry}`)).toEqual(MISSING);

  expect((await one(`POST /webhooks/${own.id}/rotate-secret`)).body.secret).not.toBe(own.secret);
  expect((await one(`POST /webhooks/${own.id}${retry}`)).status).toBe(200);
  await until(
    () => Promise.resolve(receiver.calls.length),
    (count) => count === 2,
  );

  // Without a sign-in, a list must not hold the hooks of all customers.
  expect((await as('')('GET /webhooks')).status).toBe(422);

  failing.path = '';
  expect((await one(`POST /webhooks/${own.id}/recover`, { since: EVER })).body.status).toBe('running');
  await until(listed, ([first]) => first?.status === 'succeeded');
  expect(receiver.calls.map(({ path }) => path)).toEqual(['/fails', '/fails', '/fails']);

  expect(api.stderr()).toBe('');
  expect((await as('cus_3')('POST /orders', { total: 1 })).status).toBe(201);
  await until(
    () => Promise.resolve(api.stderr()),
    (text) => text.includes('No hook of the tenant cus_3 is subscribed to order.created'),
  );
});

it('the API of the customers’ page is short', () => {
  expect(program.trimEnd().split('\n').length).toBeLessThanOrEqual(64);
});
