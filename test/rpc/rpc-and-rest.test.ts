import { describe, expect, it } from 'vitest';
import { type Api, startServer } from '../support/running-server.ts';
import {
  comparable,
  type Input,
  normalized,
  type Outcome,
  overRest,
  overTrpc,
  procedures,
  successOf,
} from '../support/two-surfaces.ts';

interface Step {
  readonly name: string;
  readonly input: Input;
}

type Call = (step: Step) => Promise<Outcome>;

const newWorkspace = async (api: Api, name: string): Promise<string> =>
  (await api('POST /v1/workspaces', { name })).body.id;

const STATE = ['hooks.list', 'events.list', 'deliveries.list', 'eventTypes.list'];
const stateOf = async (call: Call): Promise<string> =>
  normalized(await Promise.all(STATE.map((name) => call({ name, input: {} }))));

const expectSame = (name: string, rest: Outcome, trpc: Outcome): void => {
  expect(comparable(name, rest), name).toEqual(comparable(name, trpc));
  if (trpc.error === null) expect([rest.status, trpc.status]).toEqual([successOf(name, rest.value), 200]);
  else expect(rest.status).toBe(trpc.status);
};

const idOf = ({ value }: Outcome): string => (value as { id: string }).id;

describe('REST and /trpc answer the same and leave the same behind', () => {
  it('for the life of a hook, an event type, an event and a key', async () => {
    await using server = await startServer();
    const { api } = server;
    const [left, right] = [await newWorkspace(api, 'left'), await newWorkspace(api, 'right')];
    const both = async (name: string, ...inputs: [Input, Input?]): Promise<[Outcome, Outcome]> => {
      const [on_left, on_right = inputs[0]] = inputs;
      const rest = await overRest(api, left, { name, input: on_left });
      const trpc = await overTrpc(api, right, { name, input: on_right });
      expectSame(name, rest, trpc);
      return [rest, trpc];
    };
    const url = 'https://receiver.example.com/in';
    const fields = { url, events: ['a.*', 'b'], active: false, headers: { 'X-Tenant': 'acme' } };
    await both('eventTypes.put', { name: 'b', example: { x: 1 }, schema: { type: 'object' } });
    await both('eventTypes.get', { name: 'b' });
    const ids = (await both('hooks.create', fields)).map((made) => ({ hook_id: idOf(made) }));
    const hooks = [ids[0]!, ids[1]!] as const;
    const on_hooks = (name: string, more: Input = {}) =>
      both(name, { ...hooks[0], ...more }, { ...hooks[1], ...more });
    await on_hooks('hooks.get');
    await on_hooks('hooks.update', { name: 'renamed', max_attempts: 3 });
    await on_hooks('hooks.update', { name: '', max_attempts: 30, nope: 1 });
    await on_hooks('hooks.activate');
    await on_hooks('hooks.deactivate');
    const sent = await both('events.send', { type: 'b', data: { y: [1.5, null] }, idempotency_key: 'k' });
    await both('events.get', { event_id: idOf(sent[0]) }, { event_id: idOf(sent[1]) });
    await both('events.send', { type: 'b', data: { y: 'another' }, idempotency_key: 'k' });
    await both('events.sendBatch', { events: [{ type: 'b', data: {} }, { type: '' }, 1] });
    await both('deliveries.list', { status: 'held', event_type: 'b', limit: 2 });
    await both('deliveries.list', { status: 'nope', limit: 0 });
    await both('deliveries.get', { delivery_id: 'dlv_nobody' });
    await both('deliveries.retry', { delivery_id: 'dlv_nobody' });
    await on_hooks('deliveries.listOfHook', { limit: 1 });
    await both('apiKeys.create', { name: 'a key', scope: 'send' });
    await both('apiKeys.delete', { key_id: 'key_nobody' });
    await both('workspaces.get', { workspace_id: left }, { workspace_id: left });
    await both('workspaces.create', { name: 'left' });
    await both('workspaces.delete', { workspace_id: left }, { workspace_id: right });
    await on_hooks('hooks.delete');
    await on_hooks('hooks.get');
    await both('eventTypes.delete', { name: 'b' });
    await both('eventTypes.delete', { name: 'b' });
    const states = await Promise.all([
      stateOf((step) => overRest(api, left, step)),
      stateOf((step) => overRest(api, right, step)),
    ]);
    expect(states[0]).toEqual(states[1]);
    expect(states[0]).toContain('canceled');
  });
});

describe('every procedure', () => {
  it('declares the scope that it needs', () => {
    expect(procedures.length).toBeGreaterThan(20);
    for (const { name, meta } of procedures) {
      expect(['admin', 'workspace', 'send'], name).toContain(meta?.scope);
    }
    const by_send = procedures.filter(({ meta }) => meta?.scope === 'send').map(({ name }) => name);
    expect(by_send).toEqual(['events.send', 'events.sendBatch']);
    const by_admin = procedures.filter(({ meta }) => meta?.scope === 'admin').map(({ name }) => name);
    for (const name of by_admin) expect(name).toMatch(/^(workspaces|apiKeys)\./);
  });

  it('is 401 without a key, on both surfaces, and 403 for a key of a lower scope', async () => {
    await using server = await startServer();
    const { body } = await server.api('POST /v1/api-keys', { name: 'low', scope: 'send' });
    for (const { name, type, meta } of procedures) {
      const { route } = meta!;
      const path = route?.path.replaceAll(/\{\w+\}/g, 'x');
      const rest = route === undefined ? [] : [`${route.method} /v1${path}` as const];
      const given = type === 'query' ? undefined : {};
      for (const call of [...rest, `${type === 'query' ? 'GET' : 'POST'} /trpc/${name}` as const]) {
        expect((await server.api(call, given, { key: null })).status, call).toBe(401);
        const { status } = await server.api(call, given, { key: body.api_key });
        expect(status === 403, call).toBe(meta?.scope !== 'send');
      }
    }
  });
});
