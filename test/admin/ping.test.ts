import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReceivedCall, type Receiver, startReceiver } from '../support/receiver.ts';
import {
  type Answer,
  type AnswerBody,
  type RunningServer,
  startServer,
  until,
} from '../support/running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

interface ShownDelivery extends AnswerBody {
  readonly trigger: string;
  readonly failure_reason: string | null;
}

const deliveriesOf = async (id: string): Promise<readonly ShownDelivery[]> =>
  (await server.api(`GET /v1/webhooks/${id}/deliveries`)).body.data as readonly ShownDelivery[];

const pingsOf = async (id: string): Promise<number> =>
  (await deliveriesOf(id)).filter(({ trigger }) => trigger === 'ping').length;

const patch = (id: string, fields: object = {}): Promise<Answer> =>
  server.api(`PATCH /v1/webhooks/${id}`, fields);

interface PingBody {
  readonly hook_id: number;
  readonly hook: {
    readonly updated_at: string;
    readonly active: boolean;
    readonly events: readonly string[];
  };
  readonly ping: { readonly description: string };
}

const pingIn = (call: ReceivedCall): PingBody => {
  expect(call.headers['x-q2-event']).toBe('Ping');
  const body = JSON.parse(call.body.toString()) as PingBody;
  expect(body.ping).toEqual({ description: 'This is a ping event.' });
  return body;
};

/** `2026-01-05T00:00:00.123Z` in the format of q2. */
const inMicroseconds = (time: string): string => time.replace('Z', '000Z');

const updatedAt = ({ body }: Answer): string => (body as AnswerBody & { updated_at: string }).updated_at;

const aMillisecondLater = (time: string): Promise<number> =>
  until(
    () => Promise.resolve(Date.now()),
    (now) => now > Date.parse(time),
  );

describe('q2', () => {
  it('every creation sends a ping, whatever the state and subscription of the hook', async () => {
    await using receiver = await startReceiver();
    for (const fields of [{}, { active: false }, { events: ['another-event'] }, { secret: null }]) {
      const hook = await server.addHook(receiver.origin, { dialect: 'q2', ...fields });
      const body = pingIn(await receiver.next());
      expect(body).toMatchObject({
        hook_id: (hook as AnswerBody & { number?: number }).number,
        hook: { active: !('active' in fields) },
      });
      expect(await pingsOf(hook.id)).toBe(1);
    }
  });

  it('every PATCH sends a ping with the resulting hook, even a PATCH without changes', async () => {
    await using receiver = await startReceiver();
    const { id } = await server.addHook(receiver.origin, { dialect: 'q2' });
    let { updated_at } = pingIn(await receiver.next()).hook;
    const changes = [{}, { events: ['app-order-created'] }, {}, { active: false }, {}, { active: true }];
    for (const change of changes) {
      await aMillisecondLater(updated_at);
      const answer = await patch(id, change);
      expect(answer.status).toBe(200);
      const { hook } = pingIn(await receiver.next());
      expect(hook).toMatchObject({ ...change, updated_at: inMicroseconds(updatedAt(answer)) });
      expect(hook.updated_at > updated_at).toBe(true);
      ({ updated_at } = hook);
    }
    expect(await pingsOf(id)).toBe(7);
  });

  it('a PATCH of the URL pings the new URL', async () => {
    await using receiver = await startReceiver();
    const { id } = await server.addHook(`${receiver.origin}/old`, { dialect: 'q2' });
    await receiver.next();
    await patch(id, { url: `${receiver.origin}/new` });
    expect((await receiver.next()).path).toBe('/new');
  });

  it('other calls and a refused PATCH send no ping', async () => {
    await using receiver = await startReceiver();
    const { id } = await server.addHook(receiver.origin, { dialect: 'q2' });
    for (const verb of ['deactivate', 'activate', 'rotate-secret', 'rotate-secret/switch', 'secret']) {
      expect((await server.api(`POST /v1/webhooks/${id}/${verb}`)).status).toBe(200);
    }
    expect((await patch(id, { events: [] })).status).toBe(422);
    expect((await server.api(`GET /v1/webhooks/${id}`)).status).toBe(200);
    await server.api('POST /v1/events', { type: 'app-order-created', data: {} });
    expect(await pingsOf(id)).toBe(1);
    expect((await server.api(`POST /v1/webhooks/${id}/ping`)).status).toBe(200);
    expect(await pingsOf(id)).toBe(2);
  });

  it('an automatically disabled hook is not pinged', async () => {
    await using receiver = await startReceiver((_, nth) => ({ status: nth === 1 ? 200 : 410 }));
    const { id } = await server.addHook(receiver.origin, { dialect: 'q2' });
    await receiver.next();
    const { body } = await server.api('POST /v1/events', { type: 'app-order-created', data: {} });
    const [delivery] = (await server.api(`GET /v1/deliveries?event_id=${body.id}`)).body.data;
    await server.deliveryIn(delivery!.id, 'failed');
    expect((await server.api(`GET /v1/webhooks/${id}`)).body).toMatchObject({ disabled_reason: 'gone_410' });
    expect(await pingsOf(id)).toBe(1);
  });

  it('failed pings do not disable the hook', async () => {
    await using receiver = await startReceiver(() => ({ status: 500 }));
    const { id } = await server.addHook(receiver.origin, { dialect: 'q2' });
    for (let change = 0; change < 4; change += 1) expect((await patch(id)).status).toBe(200);
    for (const delivery of await deliveriesOf(id)) await server.deliveryIn(delivery.id, 'failed');
    expect((await server.api(`GET /v1/webhooks/${id}`)).body).toMatchObject({
      status: 'active',
      consecutive_failures: 0,
    });
  });
});

it.each(['standard', 'github', 'resource-api', 'casesolved', 'activities'])(
  '%s: a creation and a PATCH send nothing',
  async (dialect) => {
    const { id } = await server.addHook('http://127.0.0.1:4999/', { dialect });
    expect((await patch(id)).status).toBe(200);
    expect(await deliveriesOf(id)).toEqual([]);
  },
);

/** Brings a new hook with a failing receiver into a state, as a user would. */
const inState = async (state: string, receiver: Receiver): Promise<string> => {
  const dialect = state === 'unvalidated' ? 'casesolved' : 'standard';
  const { id } = await server.addHook(`${receiver.origin}/${state}`, { dialect });
  if (state === 'paused') await server.api(`POST /v1/webhooks/${id}/deactivate`);
  if (state === 'disabled') {
    await server.api('POST /v1/events', { type: 'a', data: {}, hook_ids: [id] });
    const [delivery] = await deliveriesOf(id);
    await server.deliveryIn(delivery!.id, 'failed');
  }
  const { body } = await server.api(`GET /v1/webhooks/${id}`);
  expect(body.status).toBe(state);
  return id;
};

describe.each(['active', 'paused', 'disabled', 'unvalidated'])('a hook that is %s', (state) => {
  it.each(['ping', 'test', 'validate'])(
    'gets a %s at once and exactly once, and its failure does not count',
    async (verb) => {
      await using receiver = await startReceiver((_, nth) => ({
        status: state === 'disabled' && nth === 1 ? 410 : 500,
      }));
      const id = await inState(state, receiver);
      const before = receiver.calls.length;
      expect((await server.api(`POST /v1/webhooks/${id}/${verb}`)).status).toBe(200);
      const { id: delivery_id } = (await deliveriesOf(id)).find(({ trigger }) => trigger === verb)!;
      const delivery = await server.deliveryIn(delivery_id, 'failed');
      const final = { failure_reason: 'single_attempt', attempt_count: 1, next_attempt_at: null };
      expect(delivery).toMatchObject(final);
      expect(receiver.calls).toHaveLength(before + 1);
      const { body } = await server.api(`GET /v1/webhooks/${id}`);
      expect(body).toMatchObject({ status: state, consecutive_failures: state === 'disabled' ? 1 : 0 });
    },
  );
});
