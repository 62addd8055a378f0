import { expect, it } from 'vitest';
import { openStream, type ReadEvent } from '../support/event-stream.ts';
import { answerFor, compile, expectDocumented, operation } from '../support/openapi.ts';
import { startReceiver } from '../support/receiver.ts';
import { keepForFile, startServer, until } from '../support/running-server.ts';

const server = await keepForFile(startServer({ settings: { retry_schedule: '0,50ms' } }));
const { origin } = server;
const receiver = await keepForFile(startReceiver(() => ({})));

const streamOf = (workspace: string | null, query = '', headers: object = {}) =>
  openStream(origin, {
    query,
    headers: { ...(workspace === null ? {} : { 'bellwire-workspace': workspace }), ...headers },
  });

const isFinalDelivery =
  (event_id: string) =>
  ({ type, data }: ReadEvent): boolean =>
    type === 'delivery' && data.event_id === event_id && data.status === 'succeeded';

it('sends each changed delivery as the list shows it', async () => {
  const view = await server.newWorkspace();
  await view.addHook(receiver.origin);
  await using stream = await streamOf(view.workspace);
  expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(stream.headers.get('cache-control')).toBe('no-store');
  const event = await view.send({});
  const seen = await stream.has(isFinalDelivery(event.id));
  const [listed] = await view.deliveries(`event_id=${event.id}`);
  expect(seen.findLast(({ type }) => type === 'delivery')?.data).toEqual(listed);
});

it('sends deliveries that are held or wait for a full queue, too', async () => {
  const view = await server.newWorkspace();
  const hook = await view.addHook('https://receiver.example.com/', { active: false });
  await using stream = await streamOf(view.workspace);
  await view.send({});
  const seen = await stream.has(({ type }) => type === 'delivery');
  expect(seen.at(-1)?.data).toMatchObject({ hook_id: hook.id, status: 'held' });
});

it('filters by workspace, tenant and hook', async () => {
  const view = await server.newWorkspace();
  const other = await server.newWorkspace();
  for (const one of [view, other]) await one.addHook(receiver.origin);
  const mine = await view.addHook(receiver.origin, { tenant: 'cus_1' });
  await using stream = await streamOf(view.workspace, '?tenant=cus_1');
  await using of_hook = await streamOf(view.workspace, `?hook_id=${mine.id}`);
  await other.send({});
  await view.send({});
  const event = await view.send({ tenant: 'cus_1' });
  await stream.has(isFinalDelivery(event.id));
  await of_hook.has(isFinalDelivery(event.id));
  for (const { events } of [stream, of_hook]) {
    expect(new Set(events.map(({ data }) => data.event_id))).toEqual(new Set([event.id]));
  }
});

it('sends changes of hooks, with the hook as the API shows it', async () => {
  const view = await server.newWorkspace();
  await using stream = await streamOf(view.workspace);
  const hook = await view.addHook('https://receiver.example.com/');
  await stream.has(({ data }) => data.change === 'created');
  await view.api(`POST /v1/webhooks/${hook.id}/deactivate`);
  const seen = await stream.has(({ data }) => data.change === 'deactivated');
  const { body } = await view.api(`GET /v1/webhooks/${hook.id}`);
  expect(seen.find(({ data }) => data.change === 'deactivated')?.data).toEqual({
    id: hook.id,
    change: 'deactivated',
    hook: body,
  });
  await view.api(`DELETE /v1/webhooks/${hook.id}`);
  const all = await stream.has(({ data }) => data.change === 'deleted');
  expect(all.find(({ data }) => data.change === 'deleted')?.data.hook).toBeNull();
});

it('sends the progress of a recovery, and a hint to read its deliveries again', async () => {
  const view = await server.newWorkspace();
  const hook = await view.addHook(receiver.origin, { active: false });
  await view.send({});
  await using stream = await streamOf(view.workspace);
  await view.api(`POST /v1/webhooks/${hook.id}/activate`, { recover: true });
  const seen = await stream.has(({ type, data }) => type === 'recovery' && data.status === 'completed');
  const { data } = seen.findLast(({ type }) => type === 'recovery')!;
  const { body } = await view.api(`GET /v1/recoveries/${data.id}`);
  expect(data).toEqual(body);
  const hint = seen.find((event) => event.type === 'deliveries_changed' && event.data.reason === 'recovered');
  expect(hint?.data).toMatchObject({ hook_id: hook.id });
});

it('a hook that starts to fail is announced', async () => {
  const view = await server.newWorkspace();
  await using failing = await startReceiver(() => ({ status: 410 }));
  await view.addHook(failing.origin);
  await using stream = await streamOf(view.workspace);
  await view.send({});
  const seen = await stream.has(({ data }) => data.change === 'disabled');
  expect(seen.find(({ data }) => data.change === 'disabled')?.data.hook.status).toBe('disabled');
});

it('announces that the breaker of a hook opens and closes', async () => {
  const view = await server.newWorkspace();
  const state = { status: 500 };
  await using failing = await startReceiver(() => ({ ...state }));
  const hook = await view.addHook(failing.origin, { max_attempts: 1 });
  await using stream = await streamOf(view.workspace);
  const breakerIs =
    (name: string) =>
    ({ data }: ReadEvent): boolean =>
      data.change === 'breaker' && data.id === hook.id && data.hook.breaker.state === name;
  for (let n = 0; n < 10; n += 1) await view.send({});
  const opened = (await stream.has(breakerIs('open'))).find(breakerIs('open'));
  expect(opened?.data.hook.breaker.next_probe_at).toEqual(expect.any(String));
  state.status = 200;
  const [failed] = await view.deliveries('status=failed');
  await view.api(`POST /v1/deliveries/${failed!.id}/retry`);
  await stream.has(breakerIs('closed'));
});

it('resumes after a cut connection without a gap and without a duplicate', async () => {
  const view = await server.newWorkspace();
  await view.addHook(receiver.origin);
  const first = await streamOf(view.workspace);
  const one = await view.send({});
  await first.has(isFinalDelivery(one.id));
  await first[Symbol.asyncDispose]();
  const two = await view.send({});
  const [delivery] = await view.deliveries(`event_id=${two.id}`);
  await view.deliveryIn(delivery!.id, 'succeeded');
  await using second = await streamOf(view.workspace, '', { 'last-event-id': first.lastId() });
  const three = await view.send({});
  await second.has(isFinalDelivery(three.id));
  const ids = [...first.events, ...second.events].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const numbers = ids.map((id) => Number(id.split('-')[1]));
  expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
  expect(second.events.some(isFinalDelivery(two.id))).toBe(true);
  await using third = await streamOf(view.workspace, `?last_event_id=${first.lastId()}`);
  await third.has(isFinalDelivery(two.id));
});

it('an id of another epoch, of the future or of another form gets a reset', async () => {
  const view = await server.newWorkspace();
  await using first = await streamOf(view.workspace);
  const [epoch] = first.lastId().split('-');
  for (const id of ['0-0', `${epoch}-999`, `${epoch}--1`, `${epoch}-`, 'x', '-']) {
    await using stream = await streamOf(view.workspace, '', { 'last-event-id': id });
    expect((await stream.has(() => true)).map(({ type }) => type)).toEqual(['reset']);
  }
});

it('needs a key that may read, and known fields', async () => {
  const { body: key } = await server.api('POST /v1/api-keys', { name: 's', scope: 'send' });
  const get = async (query: string, options = {}) =>
    (await server.api(`GET /v1/stream${query}`, undefined, options)).status;
  expect(await get('', { key: null })).toBe(401);
  expect(await get('', { key: key.api_key })).toBe(403);
  expect(await get('', { headers: { 'bellwire-workspace': 'ws_unknown' } })).toBe(404);
  expect(await get('?tenant=*')).toBe(422);
  expect(await get('?unknown=1')).toBe(422);
});

it('its refusals and its events are as documented', async () => {
  const { operation: documented, parameters } = operation('stream.open');
  for (const refused of [
    await server.api('GET /v1/stream', undefined, { key: null }),
    await server.api('GET /v1/stream?unknown=1'),
  ]) {
    expectDocumented(operation('stream.open'), refused);
  }
  expect(parameters.map(({ name }) => name)).toContain('Last-Event-ID');
  expect(Object.keys(answerFor(documented, 200)?.content ?? {})).toEqual(['text/event-stream']);
  const view = await server.newWorkspace();
  await using stream = await streamOf(view.workspace);
  const hook = await view.addHook(receiver.origin);
  const event = await view.send({});
  await view.api('POST /v1/recoveries', {
    hook_id: hook.id,
    statuses: ['succeeded'],
    since: event.created_at,
  });
  await view.api(`POST /v1/webhooks/${hook.id}/deactivate`);
  await stream.has(({ type }) => type === 'deliveries_changed');
  const seen = await stream.has(({ type, data }) => type === 'hook' && data.change === 'deactivated');
  const validate = compile({ $ref: '#/components/schemas/StreamEvent' });
  for (const one of seen) expect(validate(one), JSON.stringify([one, validate.errors])).toBe(true);
  expect(validate({ ...seen[0], type: 'unknown' })).toBe(false);
});

it('ends within 5 s after its key is deleted', async () => {
  const { body: key } = await server.api('POST /v1/api-keys', { name: 'w', scope: 'workspace' });
  await using stream = await openStream(origin, { key: key.api_key });
  await using other = await openStream(origin);
  await server.api(`DELETE /v1/api-keys/${key.id}`);
  await Promise.race([
    stream.ended,
    new Promise((_, reject) => void setTimeout(() => reject(new Error('still open')), 5_000)),
  ]);
  const event = await server.send({});
  expect(event.id).toBeDefined();
  expect(other.status).toBe(200);
});

it('HEAD has the headers, and opens no stream', async () => {
  const view = await server.newWorkspace();
  for (let number = 0; number < 60; number += 1) {
    const { status, headers } = await view.api('HEAD /v1/stream');
    expect([status, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
  }
  await using stream = await streamOf(view.workspace);
  expect(stream.status).toBe(200);
});

it('the number of streams is limited', async () => {
  await using small = await startServer();
  const open = await Promise.all(Array.from({ length: 50 }, () => openStream(small.origin)));
  const { status, body, headers } = await small.api('GET /v1/stream');
  expect([status, body.error.code, headers['retry-after']]).toEqual([429, 'too_many_requests', '30']);
  const view = await small.newWorkspace();
  const more = { headers: { 'bellwire-workspace': view.workspace! } };
  open.push(...(await Promise.all(Array.from({ length: 50 }, () => openStream(small.origin, more)))));
  const third = await small.newWorkspace();
  expect((await third.api('GET /v1/stream')).status).toBe(503);
  await Promise.all(open.map((stream) => stream[Symbol.asyncDispose]()));
  await until(
    async () => {
      await using stream = await openStream(small.origin);
      return stream.status;
    },
    (code) => code === 200,
  );
});

it('streams end with the server, which then refuses new ones', async () => {
  await using small = await startServer();
  await using stream = await openStream(small.origin);
  small.bellwire.endStreams();
  await stream.ended;
  expect((await small.api('GET /v1/stream')).body.error.code).toBe('shutting_down');
});
