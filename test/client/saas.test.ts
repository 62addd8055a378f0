import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { startApiProcess } from '../support/api-process.ts';
import { packPackage, runPnpm } from '../support/pack.ts';
import { keepForFile, startServer, until } from '../support/running-server.ts';
import { readStored } from '../support/storage.ts';
import { openShop, type Shop, type Verifier } from '../support/shop.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const program = fileURLToPath(new URL('../fixtures/saas/saas.ts', import.meta.url));
const express = fileURLToPath(new URL('../node_modules/express', import.meta.url));
const source = await readFile(program, 'utf8');

const NAMES = ['ada', 'ben', 'cleo'] as const;
type Name = (typeof NAMES)[number];
/** In everything that a customer sends, and in the path of its URL. */
const markerOf = (name: string): string => `marker-of-${name}`;

// oxlint-disable-next-line typescript/no-explicit-any -- the answers of the fixture have no types.
type Json = any;
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Json;
}

/** The ids that a caller may use, by the name of the parameter in the routes of the SaaS. */
type Ids = Readonly<Record<string, string>>;

interface Customer {
  readonly name: Name;
  readonly shop: Shop;
  readonly call: (call: `${string} /${string}`, body?: object) => Promise<Answer>;
  /** Its ids of hooks, deliveries and so on: what the others try. */
  ids: Ids;
}

/** The SaaS with the packed client, installed in a folder outside the repository. */
const installSaas = async (folder: TemporaryFolder): Promise<string> => {
  const project = folder.file('project');
  await mkdir(project);
  const dependencies = {
    '@bellwire/client': `file:${await packPackage('client')}`,
    express: `link:${express}`,
  };
  await writeFile(`${project}/package.json`, JSON.stringify({ private: true, type: 'module', dependencies }));
  await copyFile(program, `${project}/saas.ts`);
  runPnpm(['install', '--prefer-offline', '--ignore-workspace', '--ignore-scripts'], { cwd: project });
  return project;
};

const packedVerifier = async (project: string) => {
  const file = pathToFileURL(`${project}/node_modules/@bellwire/client/dist/verify.js`).href;
  return ((await import(/* @vite-ignore */ file)) as { readonly verify: Verifier }).verify;
};

/** Ids, secrets, tenants and markers. */
const OWNED = /\b(?:wh|evt|dlv|att|rcv|ers|sec)_[0-9a-z]{26}\b|whsec_[\w+/=]+|(?:marker-of-|cus_)\w+/g;

/** Fails once one of them is in answers to two different customers. */
class Ownership {
  readonly #owners = new Map<string, string>();

  claim(owner: string, text: string): void {
    for (const [found] of text.matchAll(OWNED)) {
      expect([found, this.#owners.get(found) ?? owner]).toEqual([found, owner]);
      this.#owners.set(found, owner);
    }
  }
}

/** The routes of the SaaS with ids in their path, such as `GET /webhooks/:hook/deliveries`. */
const routesWithIds = [...source.matchAll(/app\.(get|post|delete)\('([^']+)'/g)]
  .map(([, method = '', path = '']) => `${method.toUpperCase()} ${path}` as `${string} /${string}`)
  .filter((route) => route.includes(':') && !route.includes(':order'));

const paramsOf = (route: string): readonly string[] =>
  [...route.matchAll(/:(\w+)/g)].map(([, param = '']) => param);

const fill = (route: `${string} /${string}`, ids: Ids): `${string} /${string}` =>
  route.replaceAll(/:(\w+)/g, (_, param: string) => ids[param] ?? `no-${param}`) as `${string} /${string}`;

/** The calls with which a caller tries to reach the ids of another: with all of them, and with some behind its own. */
const attemptsOn = (
  route: `${string} /${string}`,
  { own, foreign }: { readonly own: Ids; readonly foreign: Ids },
) =>
  paramsOf(route).map((_, kept) => {
    const mine = Object.fromEntries(
      paramsOf(route)
        .slice(0, kept)
        .map((param) => [param, own[param] ?? '']),
    );
    return fill(route, { ...foreign, ...mine });
  });

const EVER = new Date(0).toISOString();
const REFUSED = 'The receiver refused the connection (ECONNREFUSED).';
const NOT_FOUND = '{"error":{"code":"not_found","message":"Not found."}}';

const notesOf = ({ events }: Shop): readonly string[] =>
  events.map(({ data }) => data['note']).filter((note) => typeof note === 'string');

const order = ({ name, call }: Customer, id: string) =>
  call('POST /orders', { id, total: 499, note: `${id} ${markerOf(name)}` });

/** Waits until a shop has the notes of exactly these orders, in any order. */
const gets = async ({ shop, name }: Customer, orders: readonly string[]): Promise<void> => {
  const expected = orders.map((id) => `${id} ${markerOf(name)}`).toSorted();
  await until(
    () => Promise.resolve(notesOf(shop).length),
    (count) => count >= expected.length,
  );
  expect(notesOf(shop).toSorted()).toEqual(expected);
};

const deliveriesOf = async ({ call, ids }: Customer): Promise<readonly Json[]> =>
  (await call(`GET /webhooks/${ids['hook']}/deliveries`)).body.data;

/** The deliveries, newest first, once all of them have succeeded, except failed tests. */
const settled = (customer: Customer): Promise<readonly Json[]> =>
  until(
    async () => (await deliveriesOf(customer)).filter(({ trigger }) => trigger !== 'test'),
    (all) => all.every(({ status }) => status === 'succeeded'),
  );

/** Recovers since a time; resolves with the completed recovery. */
const recover = async (customer: Customer, since: string): Promise<Json> => {
  const recoveries = `/webhooks/${customer.ids['hook']}/recoveries` as const;
  const { status, body } = await customer.call(`POST ${recoveries}`, { since });
  expect(status).toBe(202);
  customer.ids = { ...customer.ids, recovery: body.id };
  return until(
    async () => (await customer.call(`GET ${recoveries}/${body.id}`)).body,
    (recovery) => recovery.status === 'completed',
  );
};

/** Registers the shop of a customer and keeps its secret there. */
const register = async (customer: Customer): Promise<void> => {
  const { call, shop, name } = customer;
  const url = `${shop.origin}/${markerOf(name)}`;
  const { status, body } = await call('POST /webhooks', { url, events: ['order.*'] });
  expect([status, body.warnings]).toEqual([201, []]);
  customer.ids = { hook: body.id };
  shop.secret = body.secret;
};

const folder = await keepForFile(createTemporaryFolder());
const project = await installSaas(folder);
const verify = await packedVerifier(project);
const server = await keepForFile(startServer({ settings: { retry_schedule: '0,1h' } }));
const { body: key } = await server.api('POST /v1/api-keys', { name: 'saas' });
const saas = await keepForFile(
  startApiProcess({
    cwd: project,
    args: ['saas.ts'],
    env: {
      BELLWIRE_URL: server.origin,
      BELLWIRE_API_KEY: key.api_key,
      CUSTOMERS: JSON.stringify(Object.fromEntries(NAMES.map((name) => [`token-of-${name}`, `cus_${name}`]))),
    },
  }),
);
const ownership = new Ownership();

const createCustomer = async (name: Name): Promise<Customer> => ({
  name,
  shop: await keepForFile(openShop(verify)),
  ids: {},
  call: async (call, body) => {
    const [method = '', path = ''] = call.split(' ');
    const response = await fetch(saas.origin + path, {
      method,
      headers: { authorization: `Bearer token-of-${name}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    ownership.claim(name, text);
    return { status: response.status, text, body: JSON.parse(text) };
  },
});

const [ada, ben, cleo] = [
  await createCustomer('ada'),
  await createCustomer('ben'),
  await createCustomer('cleo'),
];
const customers = [ada, ben, cleo];
/** Gets the events of every customer at a hook of the operator. */
const audit = await keepForFile(openShop(verify));
const audit_hook = await server.addHook(audit.origin, { tenant: '*' });
audit.secret = audit_hook.secret;
ownership.claim('operator', JSON.stringify(audit_hook));

/** Everything that the operator sees; it changes with every send, rotation and recovery. */
const everything = (): Promise<readonly string[]> =>
  Promise.all(
    (['webhooks', 'events', 'deliveries', 'recoveries', 'tenants'] as const).map(
      async (noun) => (await server.api(`GET /v1/${noun}?limit=1000`)).text,
    ),
  );

/** Ids of the operator: among them a delivery of an event of a customer to the hook for all customers. */
const operatorIds = async (): Promise<Ids> => {
  const deliveries = await server.deliveries(`hook_id=${audit_hook.id}&tenant=cus_ada`);
  const { id: event } = await server.send();
  await server.send({ tenant: 'internal' });
  const since = { since: EVER, hook_id: audit_hook.id, statuses: ['failed'] };
  const { id: recovery } = (await server.api('POST /v1/recoveries', since)).body;
  const { id: erasure } = (await server.api('DELETE /v1/tenants/internal')).body;
  for (const path of [`recoveries/${recovery}`, `erasures/${erasure}`] as const) {
    await until(
      async () => (await server.api(`GET /v1/${path}`)).body.status,
      (status) => status === 'completed',
    );
  }
  const ids = { hook: audit_hook.id, delivery: deliveries[0]!.id, event, recovery, erasure };
  ownership.claim('operator', JSON.stringify([ids, deliveries.map(({ id }) => id)]));
  return ids;
};

/** Occurrences of a text in the whole database. */
const occurrencesOf = async (text: string): Promise<number> => {
  const stored = Object.values(await readStored(server.database_url));
  return stored.reduce((sum, bytes) => sum + bytes.split(text).length - 1, 0);
};

/** Each customer tries the ids of all others, and those of the operator, on every route. */
const tryForeignIds = async (operator: Ids): Promise<void> => {
  await until(
    () => server.deliveries('limit=1000'),
    (all) => all.every(({ status }) => status !== 'pending' && status !== 'sending'),
  );
  const before = await everything();
  const unknown = Object.fromEntries(Object.keys(operator).map((param) => [param, `${param}_none`]));
  for (const { name, call, ids } of customers) {
    const others = customers.filter((other) => other.name !== name).map((other) => other.ids);
    for (const foreign of [...others, operator, unknown]) {
      for (const route of routesWithIds) {
        for (const attempt of attemptsOn(route, { own: ids, foreign })) {
          const { status, text } = await call(
            attempt,
            attempt.startsWith('POST') ? { since: EVER } : undefined,
          );
          expect([name, attempt, status, text]).toEqual([name, attempt, 404, NOT_FOUND]);
        }
      }
    }
  }
  expect(await everything()).toEqual(before);
};

it('each customer registers its own URL and gets its own events, and no other customer sees or gets them', async () => {
  for (const customer of customers) {
    await register(customer);
    expect(
      (await customer.call('POST /webhooks', { url: `${audit.origin}/shared`, events: ['none'] })).body,
    ).toMatchObject({ warnings: [] });
  }
  // All customers use the same numbers for their orders, which are idempotency keys and metadata.
  for (const id of ['o-1', 'o-2', 'o-3', 'o-1']) {
    for (const customer of customers) expect((await order(customer, id)).status).toBe(201);
  }
  for (const customer of customers) {
    await gets(customer, ['o-1', 'o-2', 'o-3']);
    const { body: webhooks } = await customer.call('GET /webhooks');
    expect(webhooks.data.map(({ tenant }: Json) => tenant)).toEqual([
      `cus_${customer.name}`,
      `cus_${customer.name}`,
    ]);
    const { body: events } = await customer.call('GET /orders/o-1/events');
    expect(events.data).toMatchObject([{ tenant: `cus_${customer.name}`, metadata: { order_id: 'o-1' } }]);
    const [delivery] = await settled(customer);
    customer.ids = { ...customer.ids, event: events.data[0].id, delivery: delivery.id };
    expect((await customer.call(`GET /events/${customer.ids['event']}`)).body).toMatchObject(events.data[0]);
    expect((await customer.call(`POST /webhooks/${customer.ids['hook']}/test`)).body).toMatchObject({
      success: true,
    });
  }
  await until(
    () => Promise.resolve(notesOf(audit).length),
    (count) => count === 9,
  );
});

it('the SaaS has at most 100 lines', () => {
  expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(100);
});

it('a caller without a valid token reaches nothing', async () => {
  for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: 'Bearer token-of-eve' }]) {
    for (const path of ['/webhooks', `/events/${ada.ids['event']}`, '/orders/o-1/events']) {
      expect((await fetch(saas.origin + path, { headers })).status).toBe(401);
    }
  }
});

it('during an outage a customer sees the reason, and then recovers exactly what it missed', async () => {
  const since = new Date().toISOString();
  await ada.shop.close();
  for (const id of ['o-4', 'o-5', 'o-6']) {
    for (const customer of [ada, ben]) expect((await order(customer, id)).status).toBe(201);
  }
  await gets(ben, ['o-1', 'o-2', 'o-3', 'o-4', 'o-5', 'o-6']);
  const missed = await until(
    async () => (await deliveriesOf(ada)).filter(({ status }) => status === 'pending'),
    (pending) => pending.length === 3 && pending.every(({ last_outcome }) => last_outcome !== null),
  );
  for (const { last_error } of missed) expect(last_error).toBe(REFUSED);
  const { body: test } = await ada.call(`POST /webhooks/${ada.ids['hook']}/test`);
  expect(test).toEqual({ success: false, message: REFUSED });

  await ada.shop.open();
  await recover(ada, since);
  await gets(ada, ['o-1', 'o-2', 'o-3', 'o-4', 'o-5', 'o-6']);
  expect(await recover(ben, since)).toMatchObject({ total: 0 });
  await settled(ada);
  expect(new Set(ada.shop.events.map(({ id }) => id)).size).toBe(ada.shop.events.length);
});

it('a rotated secret is accepted with the old one until the switch, then alone', async () => {
  const { hook } = ben.ids;
  const old = ben.shop.secret;
  const { body: rotated } = await ben.call(`POST /webhooks/${hook}/rotate-secret`);
  expect([rotated.previous.length, rotated.secret === old]).toEqual([1, false]);
  await order(ben, 'o-7');
  const orders = ['o-1', 'o-2', 'o-3', 'o-4', 'o-5', 'o-6', 'o-7'];
  await gets(ben, orders);
  expect(await ben.shop.events.at(-1)!.isSignedWith(rotated.secret)).toBe(true);
  expect(await ben.shop.events.at(-1)!.isSignedWith(old)).toBe(true);

  expect((await ben.call(`POST /webhooks/${hook}/switch-secret`)).body).toEqual({ previous: [] });
  await order(ben, 'o-8');
  const [refused] = await until(
    () => deliveriesOf(ben),
    ([newest]) => newest.last_status === 401,
  );
  expect(refused).toMatchObject({ status: 'pending', last_error: 'The receiver responded with status 401.' });
  expect(ben.shop.refusals).toEqual(['signature_mismatch']);
  ben.shop.secret = rotated.secret;
  const retry = await ben.call(`POST /webhooks/${hook}/deliveries/${refused.id}/retry`);
  expect(retry.body).toMatchObject({ success: true });
  await gets(ben, [...orders, 'o-8']);
  expect(await ben.shop.events.at(-1)!.isSignedWith(old)).toBe(false);
  await settled(ben);
});

it('ids of other customers and of the operator are answered like unknown ones, and have no effect', async () => {
  expect(routesWithIds.length).toBeGreaterThanOrEqual(9);
  await recover(cleo, EVER);
  await tryForeignIds(await operatorIds());
});

it('an erased customer leaves no byte in the database, and the others keep everything', async () => {
  expect(await occurrencesOf(markerOf('cleo'))).toBeGreaterThan(0);
  const kept = await Promise.all([ada, ben].map(deliveriesOf));
  const { status, body } = await cleo.call('DELETE /account');
  expect([status, body.status]).toEqual([202, 'running']);
  cleo.ids = { ...cleo.ids, erasure: body.id };
  const erased = await until(
    async () => (await cleo.call(`GET /account/erasures/${body.id}`)).body,
    (erasure) => erasure.status === 'completed',
  );
  expect(erased.deleted).toMatchObject({ hooks: 2, events: 4 });
  expect(await occurrencesOf(markerOf('cleo'))).toBe(0);

  expect((await cleo.call('GET /webhooks')).body.data).toEqual([]);
  expect((await cleo.call('GET /orders/o-1/events')).body.data).toEqual([]);
  const { hook, event } = cleo.ids;
  for (const path of [`/webhooks/${hook}/deliveries`, `/events/${event}`] as const) {
    expect((await cleo.call(`GET ${path}`)).text).toBe(NOT_FOUND);
  }
  expect(await Promise.all([ada, ben].map(deliveriesOf))).toEqual(kept);
  await tryForeignIds(await operatorIds());
  await order(ada, 'o-9');
  await gets(ada, ['o-1', 'o-2', 'o-3', 'o-4', 'o-5', 'o-6', 'o-9']);
  expect(notesOf(cleo.shop)).toHaveLength(3);
  expect(saas.stderr()).toBe('');
});
