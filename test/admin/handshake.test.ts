import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiverTls, startFaultyReceiver } from '../support/faulty-receiver.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { replies } from '../support/receiver-behaviours.ts';
import { type Answer, type AnswerBody, type RunningServer, startServer } from '../support/running-server.ts';

/** No test sends anything to this URL. */
const UNUSED = 'http://127.0.0.1:4999/';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const add = (url: string, fields: object = {}): Promise<AnswerBody> =>
  server.addHook(url, { dialect: 'casesolved', ...fields });

const post = (id: string, verb: string, fields?: object): Promise<Answer> =>
  server.api(`POST /v1/webhooks/${id}/${verb}`, fields);

const patch = (id: string, fields: object): Promise<Answer> => server.api(`PATCH /v1/webhooks/${id}`, fields);

interface ShownHook extends AnswerBody {
  readonly active: boolean;
  readonly validated_at: string | null;
}

const hookOf = async (id: string): Promise<ShownHook> =>
  (await server.api(`GET /v1/webhooks/${id}`)).body as ShownHook;

const deliveriesOf = async (id: string) => (await server.api(`GET /v1/webhooks/${id}/deliveries`)).body.data;

const unvalidated = { status: 'unvalidated', active: false, validated_at: null };

const expectNotValidated = ({ status, body, text }: Answer): void => {
  expect([status, body.error?.code], text).toEqual([409, 'not_validated']);
  expect(body.error.issues).toMatchObject([{ path: 'active' }]);
};

/** Creates, validates and activates a hook; returns its id. */
const activeAt = async (receiver: Receiver, fields: object = {}): Promise<string> => {
  const { id } = await add(`${receiver.origin}/old`, fields);
  expect((await post(id, 'validate')).body).toMatchObject({ success: true });
  expect((await post(id, 'activate')).body).toMatchObject({ status: 'active', active: true });
  return id;
};

describe('an unvalidated hook', () => {
  it('is inactive, and its deliveries are held', async () => {
    const { id, ...created } = await add(UNUSED);
    expect(created).toMatchObject(unvalidated);
    await server.api('POST /v1/events', { type: 'Site Plan Change', data: {}, hook_ids: [id] });
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'held', attempt_count: 0 }]);
  });

  it('cannot be activated: every way is a 409 that names /validate and changes nothing', async () => {
    const fields = { url: UNUSED, events: ['*'], dialect: 'casesolved', active: true };
    const refused = await server.api('POST /v1/webhooks', fields);
    expectNotValidated(refused);
    expect(refused.body.error.message).toContain('/validate');
    const { id } = await add(UNUSED);
    expectNotValidated(await post(id, 'activate'));
    expectNotValidated(await patch(id, { active: true, name: 'not taken over' }));
    expect(await hookOf(id)).toMatchObject({ ...unvalidated, name: '127.0.0.1:4999' });
  });

  it('can be deactivated, and stays unvalidated', async () => {
    const { id, ...created } = await add(UNUSED, { active: false });
    expect(created).toMatchObject(unvalidated);
    expect((await post(id, 'deactivate')).body).toMatchObject(unvalidated);
    expect((await patch(id, { active: false })).body).toMatchObject(unvalidated);
  });
});

describe('a validation', () => {
  it('sends only {event, data} with the secret; a 2xx validates the hook, which stays inactive', async () => {
    await using receiver = await startReceiver(() => ({ status: 204 }));
    const { id } = await add(receiver.origin, { secret: 'compared-by-the-receiver' });
    const before = Date.now();
    const { status, body } = await post(id, 'validate');
    const succeeded = { success: true, outcome: 'succeeded', response_status: 204 };
    expect([status, body]).toMatchObject([200, succeeded]);
    const call = await receiver.next();
    expect(call.body.toString()).toBe('{"event":"Webhook Validate","data":{}}');
    expect(call.headers['x-webhook-secret']).toBe('compared-by-the-receiver');
    const { validated_at } = body as ShownHook;
    expect(Date.parse(validated_at!)).toBeGreaterThanOrEqual(before);
    expect(await hookOf(id)).toMatchObject({ status: 'paused', active: false, validated_at });
    expect((await post(id, 'activate')).body).toMatchObject({ status: 'active', active: true, validated_at });
  });

  it('returns the status and body of an answer other than 2xx', async () => {
    for (const status of [301, 401, 404, 500]) {
      await using receiver = await startReceiver(() => ({ status, body: 'wrong secret' }));
      const { id } = await add(receiver.origin);
      expect((await post(id, 'validate')).body).toEqual({
        success: false,
        outcome: `http_status ${status}`,
        response_status: status,
        response_body: 'wrong secret',
        validated_at: null,
      });
      expect(await hookOf(id)).toMatchObject(unvalidated);
    }
  });

  it('distinguishes a timeout, an unreachable receiver and an invalid certificate', async () => {
    const gone = await startReceiver();
    await gone[Symbol.asyncDispose]();
    await using silent = await startReceiver(() => new Promise(() => {}));
    await using tls = await startFaultyReceiver({ '/': replies(200, 'ok') }, { tls: receiverTls() });
    const expected = {
      [silent.origin]: 'timeout headers',
      [gone.origin]: 'connection_failed ECONNREFUSED',
      [`https://127.0.0.1:${tls.port}`]: 'tls_failed DEPTH_ZERO_SELF_SIGNED_CERT',
    };
    for (const [url, outcome] of Object.entries(expected)) {
      const { id } = await add(url, { timeout_ms: 300 });
      const { body } = await post(id, 'validate');
      expect(body).toMatchObject({ success: false, outcome, response_status: null, validated_at: null });
      expect(await hookOf(id)).toMatchObject(unvalidated);
    }
    const { id } = await add(`https://127.0.0.1:${tls.port}`, { insecure_ssl: true });
    expect((await post(id, 'validate')).body).toMatchObject({ success: true });
  });

  it('leaves a validated hook validated and active when it fails', async () => {
    await using receiver = await startReceiver((_, nth) => ({ status: nth === 1 ? 200 : 500 }));
    const id = await activeAt(receiver);
    const { validated_at } = await hookOf(id);
    expect((await post(id, 'validate')).body).toMatchObject({ success: false, validated_at });
    expect(await hookOf(id)).toMatchObject({ status: 'active', validated_at });
  });
});

describe('a validated hook', () => {
  it('becomes unvalidated and inactive with a new URL, and its pending deliveries are held', async () => {
    await using receiver = await startReceiver(({ path }, nth) => ({
      status: path === '/old' && nth > 1 ? 500 : 200,
    }));
    const id = await activeAt(receiver);
    await server.api('POST /v1/events', { type: 'Site Plan Change', data: {}, hook_ids: [id] });
    const [pending] = await deliveriesOf(id);
    await server.deliveryIn(pending!.id, 'pending');
    const changed = await patch(id, { url: `${receiver.origin}/new` });
    expect(changed.body).toMatchObject(unvalidated);
    expect((await server.api(`GET /v1/deliveries/${pending!.id}`)).body).toMatchObject({
      status: 'held',
      next_attempt_at: null,
    });
    expectNotValidated(await post(id, 'activate'));
    expect((await post(id, 'validate')).body).toMatchObject({ success: true });
    expect((await post(id, 'activate')).body).toMatchObject({ status: 'active' });
    const paths = receiver.calls.map(({ path }) => path);
    expect(paths.filter((path) => path === '/new')).toHaveLength(1);
  });

  it('cannot be activated by the PATCH of its URL; the same URL changes nothing', async () => {
    await using receiver = await startReceiver();
    const id = await activeAt(receiver);
    expectNotValidated(await patch(id, { url: `${receiver.origin}/new`, active: true }));
    expect(await hookOf(id)).toMatchObject({ status: 'active', url: `${receiver.origin}/old` });
    const same = await patch(id, { url: `${receiver.origin}/old`, active: true });
    expect(same.body).toMatchObject({ status: 'active' });
    expect((await patch(id, { url: `${receiver.origin}/new`, active: false })).body).toMatchObject(
      unvalidated,
    );
  });

  it('stays validated and active with a new secret, name or list of events', async () => {
    await using receiver = await startReceiver();
    const id = await activeAt(receiver);
    const { validated_at } = await hookOf(id);
    await post(id, 'rotate-secret', { secret: 'another-secret-of-ours' });
    await patch(id, { name: 'renamed', events: ['Site Plan Change'], timeout_ms: 500 });
    expect(await hookOf(id)).toMatchObject({ status: 'active', validated_at });
  });

  it('can be paused and activated again without another validation', async () => {
    await using receiver = await startReceiver();
    const id = await activeAt(receiver);
    expect((await post(id, 'deactivate')).body).toMatchObject({ status: 'paused' });
    expect((await post(id, 'activate')).body).toMatchObject({ status: 'active' });
  });

  it('is not validated by an answer from its previous URL', async () => {
    const { promise, resolve } = Promise.withResolvers<object>();
    await using old = await startReceiver(() => promise);
    const { id } = await add(old.origin);
    const validating = post(id, 'validate');
    await old.next();
    await patch(id, { url: UNUSED });
    resolve({ status: 200 });
    const { status, body } = await validating;
    const changed = { success: false, outcome: 'url_changed', validated_at: null };
    expect([status, body]).toMatchObject([200, changed]);
    expect(await hookOf(id)).toMatchObject({ ...unvalidated, url: UNUSED });
    expectNotValidated(await post(id, 'activate'));
  });
});
