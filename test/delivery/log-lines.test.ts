import { expect, it } from 'vitest';
import type { Log, LogFields } from '../../packages/server/src/ports/log.ts';
import type { Script } from '../support/scripted-transport.ts';
import {
  startVirtualServer,
  type VirtualServer,
  type VirtualServerOptions,
} from '../support/virtual-server.ts';

interface Line extends LogFields {
  readonly level: string;
  readonly message: string;
}

const SCHEDULE = [0, ...Array.from({ length: 29 }, () => 1_000)];

const start = async (options: VirtualServerOptions = {}) => {
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ ...fields, level, message });
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const server = await startVirtualServer({
    settings: { retry_delays_ms: SCHEDULE },
    ...options,
    log,
  });
  const of = (message: string, level?: string) =>
    lines.filter((line) => line.message === message && (level === undefined || line.level === level));
  return { server, lines, of, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

it('each attempt has a line with its ids: a success for debugging, a failure as a warning', async () => {
  await using started = await start({ script: (_, nth) => ({ status: nth === 1 ? 503 : 200 }) });
  const { server, of } = started;
  const { id: hook_id } = await server.addHook('/a', { tenant: 'cus_1' });
  const event_id = await server.send('a', { tenant: 'cus_1' });
  await server.live(5_000);
  const [delivery] = await server.deliveries(hook_id);
  const ids = {
    workspace_id: expect.stringMatching(/^ws_/),
    tenant: 'cus_1',
    hook_id,
    event_id,
    delivery_id: delivery!.id,
  };
  const failed = { outcome: 'http_status', detail: '503', number: 1, status: 'pending' };
  expect(of('an attempt failed')).toEqual([expect.objectContaining({ level: 'warn', ...ids, ...failed })]);
  expect(of('an attempt succeeded')).toEqual([
    expect.objectContaining({ level: 'debug', ...ids, number: 2, status: 'succeeded' }),
  ]);
  const { workspace_id, tenant } = ids;
  expect(of('a hook is failing')).toEqual([
    { level: 'warn', message: 'a hook is failing', workspace_id, tenant, hook_id },
  ]);
  expect(of('a hook is no longer failing', 'info')).toHaveLength(1);
});

const failsUnlessWell: Script = ({ body }) => ({ status: body.includes('"well"') ? 200 : 500 });

/** Lets time pass while some events succeed, so that the breakers of failing hooks stay closed. */
const liveWell = async ({ send, live }: VirtualServer, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 2_000) {
    await live(Math.min(2_000, ms - passed));
    for (let n = 0; n < 2; n += 1) await send('well');
  }
};

it('at most ten failures per hook and minute are warnings; a line has the number of the others', async () => {
  await using started = await start({ script: failsUnlessWell });
  const { server, of } = started;
  const hook_ids = [(await server.addHook('/a')).id, (await server.addHook('/b')).id];
  await server.send();
  await liveWell(server, 29_000);
  for (const hook_id of hook_ids) {
    const lines = of('an attempt failed').filter((line) => line['hook_id'] === hook_id);
    expect(lines.map(({ level }) => level)).toEqual([...Array(10).fill('warn'), ...Array(20).fill('debug')]);
  }
  expect(of('more attempts failed')).toEqual([]);
  await server.live(60_000);
  await server.sweep();
  const omitted = { level: 'warn', count: 20, workspace_id: expect.stringMatching(/^ws_/) };
  expect(of('more attempts failed')).toEqual(
    hook_ids.map((hook_id) => expect.objectContaining({ ...omitted, hook_id })),
  );
  await server.send();
  await server.live(1_000);
  expect(of('an attempt failed', 'warn').length).toBeGreaterThan(20);
});

it('failures that have no line yet are counted on shutdown', async () => {
  const started = await start({ script: failsUnlessWell });
  await started.server.addHook('/a');
  await started.server.send();
  await liveWell(started.server, 20_000);
  await started[Symbol.asyncDispose]();
  expect(started.of('more attempts failed')).toMatchObject([{ count: 11 }]);
});

it('each change of the state of a hook has a line', async () => {
  await using started = await start({ script: ({ url }) => ({ status: url.endsWith('/gone') ? 410 : 200 }) });
  const { server, lines } = started;
  const { id: hook_id } = await server.addHook('/gone');
  await server.send();
  await server.live(100);
  await server.verb(hook_id, 'activate');
  await server.verb(hook_id, 'activate');
  await server.verb(hook_id, 'deactivate');
  await server.verb(hook_id, 'validate');
  await server.api(`PATCH /v1/webhooks/${hook_id}`, { url: 'https://receiver.example.com/ok' });
  const validation = server.verb(hook_id, 'validate');
  await server.clock.settle();
  await validation;
  const changes = lines.filter((line) => line['hook_id'] === hook_id && line['delivery_id'] === undefined);
  expect(changes.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    'warn: a hook is failing',
    'warn: disabled a hook',
    'info: activated a hook',
    'info: paused a hook',
    'info: validated a hook',
  ]);
  expect(changes[2]).toMatchObject({ was: 'disabled', by: expect.stringMatching(/^key_/) });
});

it('each error of the server has a line with its call, ten per minute and code', async () => {
  await using started = await start({
    wrapRepositories: (all) => ({
      ...all,
      hooks: { ...all.hooks, list: () => Promise.reject(new Error('a fault of this test')) },
    }),
  });
  const { server, of } = started;
  for (let n = 0; n < 15; n += 1) {
    expect((await server.api('GET /v1/webhooks?limit=7')).status).toBe(500);
  }
  expect((await server.api('GET /v1/webhooks/unknown')).status).toBe(404);
  const lines = of('a call failed unexpectedly', 'error');
  expect(lines).toHaveLength(10);
  expect(lines[0]).toMatchObject({ code: 'internal', call: 'GET /v1/webhooks' });
  expect(lines[0]!['reason']).toContain('a fault of this test');
  expect(lines[0]!['workspace_id']).toMatch(/^ws_0/);
  await server.clock.advance(60_000);
  await server.api('GET /v1/webhooks');
  await server.api('GET /trpc/hooks.list?input={}');
  expect(of('more calls failed')).toMatchObject([{ code: 'internal', count: 5 }]);
  expect(of('a call failed unexpectedly', 'error').slice(10)).toMatchObject([
    { call: 'GET /v1/webhooks', workspace_id: expect.stringMatching(/^ws_0/) },
    { call: 'hooks.list', workspace_id: expect.stringMatching(/^ws_0/) },
  ]);
  expect(lines.some((line) => JSON.stringify(line).includes('limit=7'))).toBe(false);
});
