import { expect, it } from 'vitest';
import type { Repositories } from '../../packages/server/src/ports/repositories.ts';
import { startReceiver } from '../support/receiver.ts';
import { counted, deliveriesOf, eventsAt, replay, verb } from '../support/replaying.ts';
import { startServer, until } from '../support/running-server.ts';
import { startVirtualServer } from '../support/virtual-server.ts';

const MINUTE = 60_000;

/** Lets something happen after each step of a replay. */
const slowly = (
  repositories: Repositories,
  steps: { readonly between: () => Promise<void> },
): Repositories => ({
  ...repositories,
  replay: new Proxy(repositories.replay, {
    get:
      (verbs, name) =>
      async (...args: unknown[]) => {
        const step = Reflect.get(verbs, name) as (...given: unknown[]) => Promise<unknown>;
        const result = await step(...args);
        await steps.between();
        return result;
      },
  }),
});

it('each is sent once by one replay, although it fails again while the replay goes on', async () => {
  const steps = { between: () => Promise.resolve() };
  await using server = await startVirtualServer({
    script: () => ({ status: 500 }),
    wrapRepositories: (repositories) => slowly(repositories, steps),
  });
  const { id } = await server.addHook('/', { max_attempts: 1, active: false });
  for (let event = 0; event < 3; event += 1) await server.send('a');
  await verb(server, id, 'activate');
  await server.send('a');
  await server.live(MINUTE);
  const before = server.sentTo('/').length;
  steps.between = () => server.live(MINUTE);
  expect((await replay(server, id)).body).toEqual({ count: 4, replayed: 4 });
  await server.live(MINUTE);
  const ids = eventsAt(server, '/', before);
  expect([ids.length, new Set(ids).size]).toEqual([4, 4]);
});

it('a hook that its first requests disable gets no more of it, and nothing waits for it as pending', async () => {
  const steps = { between: () => Promise.resolve() };
  let status = 500;
  await using server = await startVirtualServer({
    script: () => ({ status }),
    wrapRepositories: (repositories) => slowly(repositories, steps),
  });
  const { id } = await server.addHook('/', { max_attempts: 1, events: ['a'] });
  await server.send('a');
  await server.send('b');
  await verb(server, id, 'deactivate');
  await server.send('a');
  await server.api(`PATCH /v1/webhooks/${id}`, { events: ['*'], active: true });
  status = 410;
  const before = server.sentTo('/').length;
  await server.live(1);
  steps.between = () => server.live(MINUTE);
  expect((await replay(server, id)).body).toEqual({ count: 1, replayed: 1 });
  expect(server.sentTo('/')).toHaveLength(before + 1);
  expect((await deliveriesOf(server, id)).map((one) => one.status).toSorted()).toEqual(['failed', 'held']);
  expect(await counted(server, id)).toBe(3);
});

it('1,500 events in one replay, over real sockets: each once', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const { id } = await server.addHook(receiver.origin, { active: false });
  const since = new Date().toISOString();
  const ids: string[] = [];
  for (const count of [1_000, 500]) {
    const events = Array.from({ length: count }, (_, n) => ({ type: 'a', data: { n } }));
    const { text } = await server.api('POST /v1/events/batch', { events });
    const { results } = JSON.parse(text) as { results: readonly { event: { id: string } }[] };
    ids.push(...results.map(({ event }) => event.id));
  }
  await server.api(`POST /v1/webhooks/${id}/activate`);
  const call = `POST /v1/webhooks/${id}/replay` as const;
  expect((await server.api(call, { since, dry_run: true })).body).toEqual({ count: 1_500, replayed: 0 });
  expect((await server.api(call, { since })).body).toEqual({ count: 1_500, replayed: 1_500 });
  await until(
    () => Promise.resolve(receiver.calls.length),
    (count) => count >= 1_500,
  );
  expect(receiver.calls.map(({ headers }) => headers['webhook-id'] ?? '').toSorted()).toEqual(ids.toSorted());
  expect((await server.api(call, { since })).body).toEqual({ count: 0, replayed: 0 });
});

it('only a dry run counts: sending reads and writes in slices, whatever the number of matches', async () => {
  const calls: string[] = [];
  await using server = await startVirtualServer({
    wrapRepositories: (repositories) => ({
      ...repositories,
      replay: new Proxy(repositories.replay, {
        get: (verbs, name) => {
          calls.push(String(name));
          return Reflect.get(verbs, name) as unknown;
        },
      }),
    }),
  });
  const { id } = await server.addHook('/', { active: false });
  for (let event = 0; event < 3; event += 1) await server.send('a');
  await verb(server, id, 'activate');
  await server.live(1);
  expect(await counted(server, id)).toBe(3);
  expect(calls).toContain('count');
  calls.length = 0;
  expect((await replay(server, id)).body).toEqual({ count: 3, replayed: 3 });
  expect((await server.api('POST /v1/deliveries/retry', {})).body).toEqual({ count: 0, retried: 0 });
  expect(calls.filter((name) => name.startsWith('count'))).toEqual([]);
});
