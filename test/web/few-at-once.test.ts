import { expect, it } from 'vitest';
import { fewAtOnce } from '../../packages/web/src/data/few-at-once.ts';

const never = new AbortController().signal;

/** Tasks that end when the test says so, and the order in which they start. */
const createTasks = () => {
  const started: number[] = [];
  const ends = new Map<number, () => void>();
  const task = (n: number) => () => {
    started.push(n);
    return new Promise<number>((resolve) => ends.set(n, () => resolve(n)));
  };
  return { started, task, end: (n: number) => ends.get(n)!() };
};

it('runs a few tasks at once, then the newest first', async () => {
  const { started, task, end } = createTasks();
  const inTurn = fewAtOnce(2);
  const all = [1, 2, 3, 4].map((n) => inTurn(task(n), never));
  expect(started).toEqual([1, 2]);
  end(1);
  await all[0];
  await Promise.resolve();
  expect(started).toEqual([1, 2, 4]);
  end(4);
  end(2);
  await Promise.all([all[1], all[3]]);
  await Promise.resolve();
  end(3);
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
});

it('never starts a task that was aborted before its turn, and goes on after a failure', async () => {
  const { started, task, end } = createTasks();
  const inTurn = fewAtOnce(1);
  const failing = inTurn(() => Promise.reject(new Error('refused')), never);
  const aborter = new AbortController();
  const aborted = inTurn(task(1), aborter.signal);
  const last = inTurn(task(2), never);
  aborter.abort();
  await expect(aborted).rejects.toThrow('abort');
  await expect(failing).rejects.toThrow('refused');
  await Promise.resolve();
  end(2);
  expect(await last).toBe(2);
  expect(started).toEqual([2]);
});
