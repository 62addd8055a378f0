import { expect, it } from 'vitest';
import { ConnectionQueue } from '../../packages/server/src/storage/sqlite/connection-queue.ts';

const openQueue = () => {
  const clock = { now: 0 };
  const turns: (() => void)[] = [];
  const queue = new ConnectionQueue({ monotonic: () => clock.now, soon: (work) => void turns.push(work) });
  const ran: string[] = [];
  const run = async (kind: 'flow' | 'other', name: string, took_ms = 0): Promise<void> => {
    await queue.acquire(kind);
    ran.push(name);
    clock.now += took_ms;
    queue.release();
  };
  return { queue, ran, run, turns };
};

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a commit waits for one management call at most, and management calls are not starved by commits', async () => {
  const { queue, ran, run } = openQueue();
  await queue.acquire('other');
  for (let n = 0; n < 3; n += 1) void run('other', `other ${n}`);
  for (let n = 0; n < 3; n += 1) void run('flow', `flow ${n}`);
  queue.release();
  await settle();
  expect(ran).toEqual(['flow 0', 'other 0', 'flow 1', 'other 1', 'flow 2', 'other 2']);
});

it('the event loop has a turn after 4 ms of work on the connection', async () => {
  const { ran, run, turns } = openQueue();
  for (let n = 0; n < 4; n += 1) void run('other', `other ${n}`, 2);
  await settle();
  expect(ran).toHaveLength(2);
  turns.shift()?.();
  await settle();
  expect(ran).toHaveLength(4);
});
