import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readDocPage } from '../support/doc-page.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer, until } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const [program = ''] = readDocPage('docs/customers.md').blocks('ts');

interface Row {
  readonly id: string;
  readonly secret: string;
  readonly status: string;
  readonly data: readonly Row[];
}

/** Runs the API of the page as its own process; resolves with its address. */
const startApi = async (folder: string, env: Readonly<Record<string, string>>) => {
  await symlink(modules, `${folder}/node_modules`);
  await writeFile(`${folder}/api.mts`, program);
  const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['--import', tsx, 'api.mts'], {
    cwd: folder,
    env: { PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  const { port } = JSON.parse(String(printed)) as { readonly port: number };
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
};

it('the API of the customers’ page keeps customers apart, and delivers, rotates and retries for each', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver(({ path }) => (path === '/fails' ? { status: 500 } : {}));
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
  expect(receiver.calls.map(({ path }) => path)).toEqual(['/fails']);
  expect((await one('GET /webhooks')).body.data.map(({ id }) => id)).toEqual([own.id]);

  const retry = `/deliveries/${delivery!.id}/retry`;
  for (const call of [
    `GET /webhooks/${foreign.id}/deliveries`,
    `POST /webhooks/${foreign.id}/rotate-secret`,
    `POST /webhooks/${foreign.id}${retry}`,
  ]) {
    expect([call, (await one(call)).status]).toEqual([call, 404]);
  }
  expect((await two(`POST /webhooks/${foreign.id}${retry}`)).status).toBe(404);

  expect((await one(`POST /webhooks/${own.id}/rotate-secret`)).body.secret).not.toBe(own.secret);
  expect((await one(`POST /webhooks/${own.id}${retry}`)).status).toBe(200);
  await until(
    () => Promise.resolve(receiver.calls.length),
    (count) => count === 2,
  );
});
