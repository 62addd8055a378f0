import { startReceiver } from './receiver.ts';
import { type RunningServer, startServer } from './running-server.ts';

const schema = {
  type: 'object',
  properties: {
    order: {
      type: 'object',
      description: 'The order as it is now.',
      properties: { id: { type: 'integer' }, total: { type: 'number', minimum: 0 } },
      required: ['id'],
    },
  },
  required: ['order'],
};

export interface ConsoleServer extends AsyncDisposable {
  readonly server: RunningServer;
  /** The address of each kind of page, by its name. */
  readonly paths: Readonly<Record<string, string>>;
}

const pathsOf = (hook: string, delivery: string, event: string): Readonly<Record<string, string>> => ({
  webhooks: '/webhooks',
  'new webhook': '/webhooks/new',
  webhook: `/webhooks/${hook}`,
  'webhook, test': `/webhooks/${hook}?tab=test`,
  'webhook, signing': `/webhooks/${hook}?tab=signing`,
  'webhook, receiver': `/webhooks/${hook}?tab=receiver`,
  'webhook, settings': `/webhooks/${hook}?tab=settings`,
  'edit webhook': `/webhooks/${hook}/edit`,
  deliveries: '/deliveries',
  'delivery, response': `/deliveries/${delivery}`,
  'delivery, request': `/deliveries/${delivery}?tab=request`,
  'delivery, attempts': `/deliveries/${delivery}?tab=attempts`,
  events: '/events',
  event: `/events/${event}`,
  'send an event': '/events/new?type=order.created',
  catalog: '/catalog',
  'event type': '/catalog/order.created',
  'edit event type': '/catalog/order.created?edit=1',
  'new event type': '/catalog?new',
  tenants: '/tenants',
  tenant: '/tenants/northwind',
  health: '/health',
  keys: '/keys',
  audit: '/audit',
  settings: '/settings',
  debug: `/debug?delivery=${delivery}`,
  'not found': '/nothing',
});

/** A server with something to show on each page: webhooks in several states, failed deliveries, a tenant. */
export const startConsoleServer = async (): Promise<ConsoleServer> => {
  await using parts = new AsyncDisposableStack();
  const receiver = parts.use(
    await startReceiver(({ path }) => ({
      status: Number(path.slice(1)) || 200,
      headers: { 'content-type': 'application/json' },
      body: '{"error":"maintenance"}',
    })),
  );
  const server = parts.use(await startServer());
  await server.api('PUT /v1/event-types/order.created', {
    description: 'An order was placed.',
    schema,
    example: { order: { id: 1, total: 499 } },
  });
  const failing = await server.addHook(`${receiver.origin}/503`, {
    name: 'Book-keeping',
    description: 'Invoices',
    metadata: { team: 'finance' },
  });
  await server.addHook(`${receiver.origin}/200`, { name: 'Shop', tenant: 'northwind' });
  await server.addHook(`${receiver.origin}/201`, { name: 'Paused', active: false });
  await server.addHook(`${receiver.origin}/410`, { name: 'n'.repeat(128) });
  const data = { order: { id: 7, note: 'x'.repeat(5_000) } };
  await server.send({ type: 'order.created', data: { order: { id: 8 } }, tenant: 'northwind' });
  const event = await server.send({
    type: 'order.created',
    data,
    idempotency_key: 'order-7',
    metadata: { order: '7' },
  });
  const [delivery] = await server.deliveries(`hook_id=${failing.id}`);
  await server.deliveryIn(delivery!.id, 'pending');
  await server.api('POST /v1/api-keys', { name: 'Deploy', scope: 'send' });
  const kept = parts.move();
  return {
    server,
    paths: pathsOf(failing.id, delivery!.id, event.id),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};
