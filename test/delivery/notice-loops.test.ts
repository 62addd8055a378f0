import { expect, it } from 'vitest';
import { startNoticeServer } from '../support/notice-server.ts';

const SECOND = 1_000;
const DAY = 86_400_000;

const typesOf = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type);

it('a hook for notices that fails and is disabled causes no notice about itself', async () => {
  await using started = await startNoticeServer({
    script: () => ({ status: 500 }),
    settings: { retry_delays_ms: [0, SECOND] },
  });
  const { server, watch, stored } = started;
  const { id } = await watch('/notices', { dialect: 'resource-api' });
  const { id: other } = await server.addHook('/a');
  await server.send();
  await server.live(DAY);
  expect(await server.hook(id)).toMatchObject({ status: 'disabled', disabled_reason: 'attempts_exhausted' });
  expect(typesOf(await stored())).toEqual(['bellwire.hook.failing', 'bellwire.delivery.failed']);
  expect(new Set((await stored()).map(({ data }) => data['hook_id']))).toEqual(new Set([other]));
});

it('two hooks for notices that both fail report each other once, when Bellwire disables them', async () => {
  await using started = await startNoticeServer({
    script: () => ({ status: 500 }),
    settings: { retry_delays_ms: [0, SECOND] },
  });
  const { server, watch, stored } = started;
  const ids = [];
  for (const path of ['/notices/1', '/notices/2']) {
    ids.push((await watch(path, { dialect: 'resource-api' })).id);
  }
  const { id: other } = await server.addHook('/a');
  await server.send();
  await server.live(DAY);
  const about = (await stored()).map(({ type, data }) => `${type} ${JSON.stringify(data['hook_id'])}`);
  expect(about.toSorted()).toEqual([
    `bellwire.delivery.failed "${other}"`,
    `bellwire.hook.disabled "${ids[0]}"`,
    `bellwire.hook.disabled "${ids[1]}"`,
    `bellwire.hook.failing "${other}"`,
  ]);
  const sent = server.sent().length;
  for (const id of ids) {
    const deliveries = await server.deliveries(id);
    const own = (await stored()).filter(({ data }) => data['hook_id'] === id);
    expect(own).toHaveLength(1);
    // The notice that disabled the hook, and two held ones, none of which is about the hook itself.
    expect(deliveries.map(({ status }) => status).toSorted()).toEqual(['failed', 'held', 'held']);
    expect(deliveries.map(({ event_id }) => event_id)).not.toContain(own[0]!.id);
  }
  await server.live(7 * DAY);
  expect(server.sent()).toHaveLength(sent);
});

it('two hooks for notices that fail in turns cause no endless exchange', async () => {
  await using started = await startNoticeServer({
    script: (_, nth) => ({ status: nth % 2 === 1 ? 500 : 200 }),
    settings: { retry_delays_ms: [0, SECOND, SECOND] },
  });
  const { server, watch, stored } = started;
  for (const path of ['/notices/1', '/notices/2']) await watch(path);
  await server.addHook('/a');
  await server.send();
  await server.live(DAY);
  expect(typesOf(await stored())).toEqual(['bellwire.hook.failing']);
});

it('an activated hook for notices is reported to the others only', async () => {
  await using started = await startNoticeServer({
    script: ({ url }) => ({ status: url.endsWith('/notices/1') ? 410 : 200 }),
  });
  const { server, watch, received } = started;
  const { id } = await watch('/notices/1');
  await watch('/notices/2');
  const { id: other } = await server.addHook('/notices/1');
  await server.send();
  await server.live(SECOND);
  await server.verb(id, 'activate');
  await server.live(SECOND);
  const about = received('/notices/2').map(({ type, data }) => [type, data['hook_id']]);
  expect(about).toContainEqual(['bellwire.hook.disabled', other]);
  expect(about).toContainEqual(['bellwire.hook.disabled', id]);
  expect(about).toContainEqual(['bellwire.hook.enabled', id]);
  expect((await server.deliveries(id)).length).toBeGreaterThan(0);
  expect(
    received('/notices/1')
      .filter(({ type }) => type.startsWith('bellwire.'))
      .some(({ data }) => data['hook_id'] === id),
  ).toBe(false);
});
