import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { commandsOf, readDocPage, runShell } from '../support/doc-page.ts';
import { hasShell } from '../support/programs.ts';
import { type ReceivedCall, startReceiver } from '../support/receiver.ts';
import { until } from '../support/running-server.ts';
import { ADMIN_KEY, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { type Customer, sendTheOldWay } from '../fixtures/moving/old-sender.ts';

const page = readDocPage('docs/moving.md');
const fixture = (name: string): URL => new URL(`../fixtures/moving/${name}`, import.meta.url);
const run = promisify(execFile);

it('the code on the page is type-checked: each block is a file of the tests', () => {
  expect(page.blocks('ts')).toEqual(
    ['old-sender.ts', 'parcel.config.ts', 'import-customers.ts', 'announce.ts'].map((name) =>
      readFileSync(fixture(name), 'utf8'),
    ),
  );
});

const fact = (parcel: number) => ({ id: `fact-${parcel}`, type: 'parcel.delivered', data: { parcel } });

interface Body {
  readonly data: { readonly parcel: number };
}

/** What the customer's receiver does, and nobody changes. */
const isTaken = ({ headers, body }: ReceivedCall, secret: string): boolean =>
  headers['x-parcel-signature'] === createHmac('sha256', secret).update(body).digest('hex');

const parcelHeaders = ({ raw_headers }: ReceivedCall): readonly string[] =>
  raw_headers
    .map(([name]) => name)
    .filter((name) => /^x-parcel|^content-type$/i.test(name))
    .map((name) => name.toLowerCase())
    .toSorted();

it.skipIf(!hasShell)('a customer is moved and back, step by step, and its receiver cannot tell', async () => {
  await using folder = await createTemporaryFolder();
  writeFileSync(folder.file('bellwire.config.ts'), page.blocks('ts')[1]!);
  await using server = await startServer({ folder: folder.path, env: { BELLWIRE_INBOX: 'true' } });
  await using receiver = await startReceiver();
  const customer: Customer = {
    id: 'customer-17',
    url: `${receiver.origin}/hooks`,
    secret: 'the secret of a customer',
    events: ['parcel.delivered'],
  };
  const { id, secret } = customer;

  // 1. The old way.
  expect(await sendTheOldWay(customer, 'parcel.delivered', { parcel: 6 })).toBe(true);
  const old = await receiver.next();
  expect(isTaken(old, secret)).toBe(true);

  // 2. Into the inbox.
  const shell = (command: string) =>
    runShell(command, { url: server.url, receiver: receiver.origin, env: { KEY: ADMIN_KEY } });
  const [make = '', send = '', look = ''] = page.blocks('sh').flatMap(commandsOf);
  const compare = await shell(make);
  await shell(send);
  const { data } = (await until(
    () => shell(look),
    (inbox) => (inbox['data'] as readonly unknown[]).length === 1,
  )) as { data: readonly { signature: string; body: string }[] };
  expect(data[0]).toMatchObject({ signature: 'verified' });
  expect(Object.keys(JSON.parse(data[0]!.body) as object)).toEqual(
    Object.keys(JSON.parse(old.body.toString()) as object),
  );
  await server.call('DELETE', `/v1/webhooks/${compare['id'] as string}`);

  // 3. The customers, twice.
  const env = { ...process.env, BELLWIRE_URL: server.url, BELLWIRE_API_KEY: ADMIN_KEY };
  writeFileSync(folder.file('customers.json'), JSON.stringify([customer]));
  const script = fileURLToPath(fixture('import-customers.ts'));
  for (const _ of [1, 2]) await run(process.execPath, [script], { cwd: folder.path, env });
  const hooks = (await server.call('GET', '/v1/webhooks')).body.data;
  expect(hooks).toMatchObject([{ name: id, status: 'paused', dialect: 'parcel' }]);

  // 4. Both; then the one; then back.
  Object.assign(process.env, { BELLWIRE_URL: server.url, BELLWIRE_API_KEY: ADMIN_KEY });
  const { announce, switchBack, switchOver } = await import('../fixtures/moving/announce.ts');
  const held = async () => (await server.call('GET', '/v1/deliveries?status=held')).body.data;
  await announce(fact(7), [customer]);
  expect(isTaken(await receiver.next(), secret)).toBe(true);
  expect(await held()).toHaveLength(1);

  const ended_at = new Date();
  await announce(fact(8), []);
  await announce(fact(8), []);
  await switchOver(hooks[0].id, ended_at);
  await announce(fact(9), []);
  const moved = [await receiver.next(), await receiver.next()];
  const parcels = moved.map(({ body }) => (JSON.parse(body.toString()) as Body).data.parcel);
  expect(parcels.toSorted((one, other) => one - other)).toEqual([8, 9]);
  for (const call of moved) {
    expect(isTaken(call, secret)).toBe(true);
    expect(isTaken({ ...call, body: Buffer.concat([call.body, Buffer.from(' ')]) }, secret)).toBe(false);
    expect(call.path).toBe(old.path);
    expect(parcelHeaders(call)).toEqual(parcelHeaders(old));
    expect(call.headers['content-type']).toBe(old.headers['content-type']);
  }

  await switchBack(hooks[0].id);
  await announce(fact(10), [customer]);
  await receiver.next();
  expect(await held()).toHaveLength(2);
  expect(receiver.calls).toHaveLength(5);
});
