import { expect, it } from 'vitest';
import type { VolumeSpace } from '../../packages/server/src/ports/store.ts';
import { startNoticeServer } from '../support/notice-server.ts';
import type { VirtualServer } from '../support/virtual-server.ts';

const SECOND = 1_000;
const GIB = 1024 ** 3;

/** Lets ten seconds pass, after which the backlog and the disk are checked, and then what that causes. */
const check = async (server: VirtualServer) => {
  await server.clock.advance(10 * SECOND);
  await server.sweep();
  await server.clock.settle();
};

const pass = async (server: VirtualServer, minutes: number) => {
  for (let checks = 0; checks < 6 * minutes; checks += 1) await check(server);
};

const startWithDisk = async (volume: VolumeSpace) => {
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  const started = await startNoticeServer({
    wrapStore: (store) => ({ ...store, fileSizes: async () => ({ database: 0, wal: 0, volume: current }) }),
    log: { debug: () => {}, info: write, warn: write, error: write },
  });
  let current = volume;
  return {
    ...started,
    lines,
    /** Sets the free space, and waits until it is checked. */
    setFree: async (free_bytes: number) => {
      current = { ...current, free_bytes };
      await check(started.server);
    },
  };
};

it('a low disk is reported once, and again only after it has recovered', async () => {
  await using started = await startWithDisk({ free_bytes: 20 * GIB, total_bytes: 50 * GIB });
  const { watch, received, setFree, lines } = started;
  await watch();
  await setFree(5 * GIB);
  expect(received()).toEqual([]);
  await setFree(5 * GIB - 1);
  const data = {
    free_bytes: 5 * GIB - 1,
    total_bytes: 50 * GIB,
    threshold_bytes: 5 * GIB,
    measured_at: expect.any(String) as string,
  };
  expect(received()).toEqual([{ type: 'bellwire.disk.low', data }]);
  for (const gib of [4, 6, 4.9, 7.4, 0.1]) await setFree(gib * GIB);
  expect(received()).toHaveLength(1);
  await setFree(7.5 * GIB);
  expect(received()).toHaveLength(1);
  await setFree(4 * GIB);
  expect(received()).toHaveLength(2);
  expect(lines).toEqual([
    'the disk is almost full',
    'the disk has enough free space again',
    'the disk is almost full',
  ]);
});

it('on a volume of more than 100 GiB, the disk is low with less than 10 GiB', async () => {
  await using started = await startWithDisk({ free_bytes: 50 * GIB, total_bytes: 4_000 * GIB });
  const { watch, received, setFree } = started;
  await watch();
  await setFree(10 * GIB);
  expect(received()).toEqual([]);
  await setFree(10 * GIB - 1);
  expect(received()).toHaveLength(1);
});

it('a low disk is reported in every workspace with a subscribed hook, also to one that subscribes later', async () => {
  await using started = await startWithDisk({ free_bytes: 0, total_bytes: GIB });
  const { server, received, setFree, stored, watch } = started;
  const other = await server.addWorkspace('stripe');
  const hook = { url: 'https://receiver.example.com/notices', events: ['bellwire.disk.low'] };
  await server.api('POST /v1/webhooks', hook, other);
  await setFree(0);
  expect(received()).toHaveLength(1);
  expect(await stored()).toEqual([]);
  await watch('/notices/2', { events: ['bellwire.hook.*'] });
  await setFree(0);
  expect(await stored()).toEqual([]);
  await watch('/notices/3');
  await setFree(0);
  await setFree(0);
  expect(received()).toHaveLength(1);
  expect(received('/notices/3')).toHaveLength(1);
});

/** A server with a slow receiver, which is behind after its first eight deliveries. */
const startBehind = async () => {
  let after_ms = 20 * SECOND;
  const started = await startNoticeServer({
    script: ({ url }) => (url.includes('/slow') ? { status: 200, after_ms } : { status: 200 }),
    settings: { limits: { hook_concurrency: 1, concurrency: 16 } },
  });
  return {
    ...started,
    setDelay: (ms: number) => {
      after_ms = ms;
    },
  };
};

it('a backlog that is older than five minutes is reported once, and again only after it has recovered', async () => {
  await using started = await startBehind();
  const { server, watch, received, setDelay } = started;
  await watch();
  await server.addHook('/slow');
  const sendMany = async () => {
    for (let n = 0; n < 40; n += 1) await server.send();
  };
  await sendMany();
  await pass(server, 5);
  expect(received()).toEqual([]);
  await pass(server, 5);
  expect(received()).toEqual([
    {
      type: 'bellwire.backlog.high',
      data: {
        oldest_due_at: expect.stringMatching(/^2026-01-05T00:00:/) as string,
        age_seconds: expect.any(Number) as number,
        threshold_seconds: 300,
        measured_at: expect.stringMatching(/^2026-01-05T00:05:/) as string,
      },
    },
  ]);
  setDelay(1);
  await pass(server, 1);
  expect(received()).toHaveLength(1);
  setDelay(20 * SECOND);
  await sendMany();
  await pass(server, 6);
  expect(received()).toHaveLength(2);
});

it('the backlog of another workspace, and that of hooks for notices, are not reported', async () => {
  await using started = await startBehind();
  const { server, watch, received, stored } = started;
  await watch('/notices', { events: ['bellwire.backlog.high'] });
  await watch('/slow', { events: ['bellwire.delivery.failed', 'a'] });
  const other = await server.addWorkspace('stripe');
  const hook = { url: 'https://receiver.example.com/slow/2', events: ['*'] };
  await server.api('POST /v1/webhooks', hook, other);
  for (let n = 0; n < 40; n += 1) {
    await server.send('a');
    await server.api('POST /v1/events', { type: 'a', data: {} }, other);
  }
  await pass(server, 6);
  expect(await stored()).toEqual([]);
  expect(received()).toEqual([]);
});
