import { type Receiver, startReceiver } from './receiver.ts';
import { type RunningServer, startServer, until } from './running-server.ts';
import { openBeside } from './storage.ts';

/** How the receiver at a path behaves: its status, and how long it takes. */
const BEHAVIOURS: Readonly<Record<string, { readonly status: number; readonly ms: number }>> = {
  '/shop': { status: 200, ms: 24 },
  '/warehouse': { status: 202, ms: 88 },
  '/books': { status: 503, ms: 340 },
  '/print': { status: 401, ms: 52 },
  '/studio': { status: 200, ms: 140 },
  '/import': { status: 200, ms: 30 },
  '/crm': { status: 204, ms: 41 },
};

const startReceivers = (): Promise<Receiver> =>
  startReceiver(async ({ path }) => {
    const { status, ms } = BEHAVIOURS[path] ?? { status: 200, ms: 20 };
    await new Promise((resolve) => void setTimeout(resolve, ms));
    const body =
      status === 503
        ? '{"error":"maintenance","message":"Back at 03:30 UTC. Ticket OPS-4471."}'
        : status === 401
          ? '{"error":"invalid signature"}'
          : '{"ok":true}';
    return {
      status,
      headers: {
        'content-type': 'application/json',
        server: 'nginx',
        ...(status === 503 ? { 'retry-after': '220' } : {}),
      },
      body,
    };
  });

const HOOKS = [
  ['Shop API', '/shop', ['order.*', 'invoice.*'], {}],
  ['Warehouse', '/warehouse', ['order.created'], {}],
  ['Book-keeping', '/books', ['invoice.paid'], { tenant: 'northwind' }],
  ['Print line Q2', '/print', ['order.updated'], {}],
  ['connect2print studio', '/studio', ['Site Plan Change'], {}],
  ['Activities import', '/import', ['app-order-created'], { active: false }],
  ['CRM', '/crm', ['customer.subscription.trial_will_end', 'order.created'], { tenant: 'northwind' }],
] as const;

const EVENTS = [
  ['order.created', null],
  ['invoice.paid', null],
  ['order.updated', null],
  ['order.created', 'northwind'],
  ['Site Plan Change', null],
  ['order.created', null],
  ['app-order-created', null],
  ['customer.subscription.trial_will_end', 'northwind'],
] as const;

const ROUNDS = 6;

export interface ConsoleStory extends AsyncDisposable {
  readonly server: RunningServer;
  /** A webhook whose receiver is down, and its newest delivery. */
  readonly failing: { readonly hook_id: string; readonly delivery_id: string };
  /** A delivery that its receiver refused because of the signature. */
  readonly refused_id: string;
}

const catalogue = async (server: RunningServer): Promise<void> => {
  for (const [name, description] of [
    ['order.created', 'An order was placed.'],
    ['order.updated', 'The items or the address of an order changed.'],
    ['invoice.paid', 'An invoice was paid in full.'],
    ['Site Plan Change', 'A plan of a building site has a new version.'],
    ['app-order-created', 'An order came in through the app.'],
    ['customer.subscription.trial_will_end', 'A subscription begins to cost money in three days.'],
  ])
    await server.api(`PUT /v1/event-types/${encodeURIComponent(name!)}`, { description });
};

const sendAll = async (server: RunningServer): Promise<void> => {
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [at, [type, tenant]] of EVENTS.entries())
      await server.send({
        type,
        ...(tenant === null ? {} : { tenant }),
        data: { order: { id: 4_100 + round * 8 + at, total: 499, currency: 'EUR' } },
      });
};

const MINUTE_MS = 60_000;

/** Spreads the deliveries over the last half hour: the newest stay as they are. */
const spreadOut = async ({ database_url }: RunningServer): Promise<void> => {
  await using beside = openBeside(database_url);
  const { db } = beside;
  const deliveries = await db.selectFrom('bellwire_deliveries').select('id').orderBy('id', 'desc').execute();
  for (const [at, { id }] of deliveries.entries()) {
    const earlier = Math.round(at * at * 0.01 * MINUTE_MS);
    await db
      .updateTable('bellwire_deliveries')
      .set((eb) => ({ created_at: eb('created_at', '-', earlier) }))
      .where('id', '=', id)
      .execute();
  }
};

/** A shop with its receivers on an ordinary day: one is down for maintenance, and one has another secret. */
export const startConsoleStory = async (): Promise<ConsoleStory> => {
  await using parts = new AsyncDisposableStack();
  const receiver = parts.use(await startReceivers());
  const server = parts.use(await startServer());
  await catalogue(server);
  const ids = new Map<string, string>();
  for (const [name, path, events, fields] of HOOKS) {
    const hook = await server.addHook(receiver.origin + path, { name, events: [...events], ...fields });
    ids.set(name, hook.id);
  }
  await sendAll(server);
  await server.send({
    type: 'invoice.paid',
    tenant: 'northwind',
    data: { invoice: { id: 907, total: 1_280 } },
  });
  for (const type of ['order.created', 'Site Plan Change', 'order.created']) await server.send({ type });
  const newestOf = async (name: string): Promise<string> => {
    const [first] = await server.deliveries(`hook_id=${ids.get(name)}`);
    await until(
      async () => (await server.api(`GET /v1/deliveries/${first!.id}`)).body,
      (delivery) => delivery.status === 'pending' && delivery.attempt_count > 0,
    );
    const { status, text } = await server.api(`POST /v1/deliveries/${first!.id}/retry`, {});
    if (status !== 200) throw new Error(text);
    return first!.id;
  };
  const delivery_id = await newestOf('Book-keeping');
  await server.api(`POST /v1/deliveries/${delivery_id}/retry`, {});
  const refused_id = await newestOf('Print line Q2');
  await spreadOut(server);
  const kept = parts.move();
  return {
    server,
    failing: { hook_id: ids.get('Book-keeping')!, delivery_id },
    refused_id,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};
