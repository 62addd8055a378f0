/**
 * A program that uses the client, for the compiler only: it must refuse every line after `@ts-expect-error`.
 * `tsc -b` reads it here, tarball.test.ts compiles it in an empty project against the packed client.
 */
import {
  type Attempt,
  BellwireError,
  createClient,
  type Delivery,
  type Event,
  type EventReceipt,
  type Hook,
  type Page,
  type StandardSchema,
} from '@bellwire/client';
import { printCatalog } from '@bellwire/client/generate';
import { type Verification, verify } from '@bellwire/client/verify';

interface Order {
  readonly id: string;
  readonly total?: number;
}

declare const orderSchema: StandardSchema<Order>;
declare const stockSchema: StandardSchema<{ readonly sku: string; readonly left: number }>;

const at = { url: 'http://127.0.0.1:4400', api_key: 'key' };
const bellwire = createClient(at);
const typed = createClient({ ...at, catalog: { 'order.created': orderSchema, 'stock.low': stockSchema } });

export const inputs = async (order: Order): Promise<void> => {
  await bellwire.hooks.create({
    url: 'https://example.com',
    events: ['*'],
    max_attempts: null,
    retry_schedule: ['0s'],
  });
  // @ts-expect-error -- no such field
  await bellwire.hooks.create({ url: 'https://example.com', events: ['*'], target: 'x' });
  // @ts-expect-error -- a field is missing
  await bellwire.hooks.create({ url: 'https://example.com' });
  // @ts-expect-error -- not an HTTP method for hooks
  await bellwire.hooks.create({ url: 'https://example.com', events: ['*'], method: 'GET' });
  await bellwire.hooks.update('wh_1', { active: false }, { retry: false });
  // @ts-expect-error -- the id is the first argument, not a field
  await bellwire.hooks.update({ hook_id: 'wh_1', active: false });
  // @ts-expect-error -- not a time
  await bellwire.recoveries.create({ hook_id: 'wh_1', since: 7 });
  await bellwire.hooks.delete('wh_1', { signal: AbortSignal.timeout(1) });
  // @ts-expect-error -- no such status
  await bellwire.deliveries.list({ status: 'lost' });
  // @ts-expect-error -- the interface of tRPC is hidden
  await bellwire.hooks.create.mutate({ url: 'https://example.com', events: ['*'] });
  // @ts-expect-error -- also hidden
  await bellwire.hooks.get.query({ hook_id: 'wh_1' });
  // @ts-expect-error -- no such call
  await bellwire.hooks.remove('wh_1');

  // An interface is data too: it needs no index signature.
  await bellwire.events.send('anything', order, { idempotency_key: 'order-1', hook_ids: ['wh_1'] });
  // @ts-expect-error -- data is an object
  await bellwire.events.send('anything', 'text');
  // @ts-expect-error -- no such option
  await bellwire.events.send('anything', order, { key: 'order-1' });
};

export const catalog = async (order: Order): Promise<void> => {
  await typed.events.send('order.created', order);
  await typed.events.send('stock.low', { sku: 's', left: 1 });
  // @ts-expect-error -- not in the catalog
  await typed.events.send('order.deleted', order);
  // @ts-expect-error -- the data of another type
  await typed.events.send('stock.low', order);
  // @ts-expect-error -- a field is missing
  await typed.events.send('stock.low', { sku: 's' });
  await typed.events.sendBatch([
    { type: 'order.created', data: order },
    { type: 'stock.low', data: { sku: 's', left: 1 }, idempotency_key: 'k' },
  ]);
  // @ts-expect-error -- the data of another type
  await typed.events.sendBatch([{ type: 'stock.low', data: order }]);
  await typed.eventTypes.push();
  await bellwire.eventTypes.push({ 'order.created': orderSchema });
  // @ts-expect-error -- this client has no catalog of its own
  await bellwire.eventTypes.push();
};

export const outputs = async (): Promise<readonly unknown[]> => {
  const hook: Hook = await bellwire.hooks.get('wh_1');
  const status: 'active' | 'paused' | 'disabled' | 'unvalidated' = hook.status;
  // @ts-expect-error -- only the replies to create and rotate have it
  const secret: string = hook.secret;
  const receipt: EventReceipt = await bellwire.events.send('a', {});
  const event: Event = await typed.events.get(receipt.id);
  const page: Page<Delivery> = await bellwire.deliveries.list({ event_id: event.id });
  const attempts: readonly Attempt[] = (await bellwire.deliveries.get('dlv_1')).attempts;
  const http_status: number | undefined = attempts[0]?.response?.status;
  for await (const delivery of bellwire.deliveries.list({ status: 'failed' })) {
    const reason: string | null = delivery.failure_reason;
    // @ts-expect-error -- a list has no attempts
    void [reason, delivery.attempts];
  }
  for await (const delivery of bellwire.deliveries.watch('dlv_1')) void delivery.attempts.length;
  for await (const delivery of bellwire.deliveries.watch({ event_id: event.id })) void delivery.status;
  // @ts-expect-error -- a status is what changes
  bellwire.deliveries.watch({ status: 'failed' });
  const gone: void = await bellwire.hooks.delete('wh_1');
  return [status, secret, page.next_cursor, http_status, gone];
};

export const isBusy = (error: unknown): boolean =>
  error instanceof BellwireError && (error.code === 'overloaded' || error.code === 'network');

export const isOdd = (error: BellwireError): boolean =>
  // @ts-expect-error -- no such code
  error.code === 'no_such_code';

export const checkRequest = (request: Request): Promise<Verification> =>
  verify(request, { secret: ['new', 'old'], dialect: 'github', tolerance_s: 60 });
// @ts-expect-error no such dialect
export const unknownDialect = verify({ headers: {}, body: '' }, { secret: 'a', dialect: 'morse' });
// @ts-expect-error what was parsed is not what was signed
export const parsedBody = verify({ headers: {}, body: { a: 1 } }, { secret: 'a' });
export const types: string = printCatalog([{ name: 'a', schema: { type: 'object' } }]);
