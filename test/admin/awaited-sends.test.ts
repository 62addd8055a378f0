import { expect, it } from 'vitest';
import { AwaitedSends } from '../../packages/server/src/admin/awaited-sends.ts';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { createKit } from '../storage/conformance/kit.ts';
import { openStore } from '../support/test-store.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const TIMEOUT_MS = 2_000;

interface Result {
  readonly success: boolean;
  readonly message: string;
  readonly delivery_id: string;
  readonly outcome: string | null;
  readonly response_status: number | null;
  readonly attempt: unknown;
}

const resultOf = async (server: VirtualServer, call: `POST /${string}`): Promise<Result> => {
  const { status, body } = await server.api(call);
  expect(status).toBe(200);
  return body as unknown as Result;
};

const refused = () => Promise.reject(new BellwireError('overloaded', 'Two reads have not ended.'));

it.each(['ping', 'test'])('a %s reports the outcome of its attempt', async (verb) => {
  let status = 200;
  await using server = await startVirtualServer({ script: () => ({ status }) });
  const { id } = await server.addHook('/in', { events: ['a'] });
  const sent = await resultOf(server, `POST /v1/webhooks/${id}/${verb}`);
  expect(sent).toMatchObject({
    success: true,
    message: verb === 'ping' ? 'Ping sent' : 'Test webhook sent',
    outcome: 'succeeded',
    response_status: 200,
    attempt: { number: 1, trigger: verb, response: { status: 200 } },
  });
  const { body } = await server.api(`GET /v1/deliveries/${sent.delivery_id}`);
  expect(body).toMatchObject({ attempts: [sent.attempt] });
  status = 503;
  expect(await resultOf(server, `POST /v1/webhooks/${id}/${verb}`)).toMatchObject({
    success: false,
    message: 'The receiver responded with status 503.',
    outcome: 'http_status',
    response_status: 503,
    attempt: { response: { status: 503 } },
  });
});

it('a retry reports the outcome of its own attempt, not that of earlier ones', async () => {
  let status = 500;
  await using server = await startVirtualServer({ script: () => ({ status }) });
  await server.addHook('/in', { max_attempts: 1 });
  const event_id = await server.send();
  await server.live(1);
  const { body } = await server.api(`GET /v1/deliveries?event_id=${event_id}`);
  const [{ id } = { id: '' }] = (body as unknown as { readonly data: readonly { readonly id: string }[] })
    .data;
  const failed = await resultOf(server, `POST /v1/deliveries/${id}/retry`);
  expect(failed).toMatchObject({ success: false, response_status: 500, attempt: { number: 2 } });
  status = 204;
  expect(await resultOf(server, `POST /v1/deliveries/${id}/retry`)).toMatchObject({
    success: true,
    message: 'Delivery retried',
    delivery_id: id,
    attempt: { number: 3, trigger: 'manual' },
  });
});

it('a ping whose receiver hangs reports the timeout', async () => {
  await using server = await startVirtualServer({ script: () => 'hang' });
  const { id } = await server.addHook('/in', { events: ['a'], timeout_ms: TIMEOUT_MS });
  const waiting = resultOf(server, `POST /v1/webhooks/${id}/ping`);
  await server.live(TIMEOUT_MS);
  expect(await waiting).toMatchObject({ success: false, outcome: 'timeout', response_status: null });
});

it('a call waits at most for the timeout of the hook and five seconds', async () => {
  await using opened = await openStore();
  const { repositories, arrange } = opened;
  const clock = createVirtualClock();
  clock.awaits(opened.working);
  const sends = new AwaitedSends({ repositories, clock, dialects: createDialects(), timeout_ms: TIMEOUT_MS });
  const workspace_id = await arrange.addWorkspace();
  const at = { workspace_id, hook_id: await arrange.addHook(workspace_id) };
  let ended = false;
  const { leased } = await createKit(opened).stored(createKit(opened).event(workspace_id));
  const { delivery } = leased[0]!;
  const sent = { delivery, attempt: new Promise<null>(() => {}) };
  const waiting = sends.run(at, () => Promise.resolve(sent)).finally(() => (ended = true));
  await clock.advance(TIMEOUT_MS + 4_999);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(await waiting).toEqual({ delivery_id: delivery.id, attempt: null });
});

it('a result does not depend on reads that can fail after the attempt', async () => {
  await using server = await startVirtualServer({
    wrapRepositories: (repositories) => ({
      ...repositories,
      deliveries: { ...repositories.deliveries, get: refused, list: refused },
    }),
  });
  const { id } = await server.addHook('/in', { events: ['a'] });
  const { delivery_id, ...pinged } = await resultOf(server, `POST /v1/webhooks/${id}/ping`);
  expect(pinged).toMatchObject({ success: true, attempt: { number: 1, response: { status: 200 } } });
  expect(await resultOf(server, `POST /v1/deliveries/${delivery_id}/retry`)).toMatchObject({
    success: true,
    attempt: { number: 2, trigger: 'manual' },
  });
});

it('a ping does not wait behind a hundred deliveries of its hook whose receiver hangs', async () => {
  await using server = await startVirtualServer({
    script: ({ body }) => (body.includes('"ping"') ? { status: 200 } : 'hang'),
  });
  const { id } = await server.addHook('/in');
  for (let count = 0; count < 100; count += 1) await server.send();
  await server.live(1);
  expect(await resultOf(server, `POST /v1/webhooks/${id}/ping`)).toMatchObject({ success: true });
});

it('a delivery can be retried 10 times a minute, and others are not affected', async () => {
  await using server = await startVirtualServer();
  await server.addHook('/in');
  await server.send();
  await server.send();
  await server.live(1);
  const { body } = await server.api('GET /v1/deliveries');
  const [one, other] = (body as unknown as { readonly data: readonly { readonly id: string }[] }).data;
  const retry = (id = '') => server.api(`POST /v1/deliveries/${id}/retry`);
  for (let n = 0; n < 10; n += 1) expect((await retry(one?.id)).status).toBe(200);
  await server.live(20_000);
  const refusal = await retry(one?.id);
  expect(refusal).toMatchObject({ status: 429, body: { error: { code: 'too_many_requests' } } });
  expect(refusal.headers['retry-after']).toBe('40');
  expect((await retry(other?.id)).status).toBe(200);
  await server.live(40_000);
  expect((await retry(one?.id)).status).toBe(200);
});
