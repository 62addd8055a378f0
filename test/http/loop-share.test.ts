import { expect, it } from 'vitest';
import { LoopShare } from '../../packages/server/src/http/loop-share.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';

/** Two seconds in which the event loop is busy for a part of the time, and several workspaces call, or only one. */
const pass = async (
  { clock, loop }: { readonly clock: VirtualClock; readonly loop: LoopShare },
  { busy, is_shared = true }: { readonly busy: number; readonly is_shared?: boolean },
): Promise<void> => {
  for (let n = 0; n < 40; n += 1) {
    clock.work(50 * busy);
    await clock.advance(50 * (1 - busy));
    if (is_shared) loop.noteShared();
  }
};

const openShare = () => {
  const clock = createVirtualClock();
  const loop = new LoopShare(clock);
  /** When each of three works has run, in milliseconds from now. */
  const runThree = async (took_ms = 5): Promise<readonly number[]> => {
    const start = clock.monotonic();
    const ran: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      loop.later(() => {
        ran.push(clock.monotonic() - start);
        clock.work(took_ms);
      });
      await clock.settle();
    }
    await clock.advance(1_000);
    return ran;
  };
  return { clock, loop, runThree };
};

it('while several workspaces share a busy event loop, work for later leaves it ten times as long as it takes', async () => {
  const opened = openShare();
  await pass(opened, { busy: 0.9 });
  expect(opened.loop.calls).toBe(2);
  const [first = NaN, second = NaN, third = NaN] = await opened.runThree();
  expect([first, second]).toEqual([0, 55]);
  expect(third - second).toBeGreaterThan(50);
});

it('neither a workspace that is alone nor several on an event loop that is free for a fifth of the time are restrained', async () => {
  for (const load of [
    { busy: 1, is_shared: false },
    { busy: 0.7, is_shared: true },
  ]) {
    const opened = openShare();
    await pass(opened, load);
    expect(await opened.runThree()).toEqual([0, 5, 10]);
    expect(opened.loop.calls).toBe(256);
  }
});

it('the restraint ends within five seconds of less load, and a second after the last call of another workspace', async () => {
  const opened = openShare();
  await pass(opened, { busy: 0.9 });
  for (let n = 0; n < 3; n += 1) await pass(opened, { busy: 0.5 });
  expect(opened.loop.calls).toBe(256);

  await pass(opened, { busy: 0.9 });
  opened.clock.work(1_001);
  expect(await opened.runThree()).toEqual([0, 5, 10]);
});

it('a long work is followed by a pause of a tenth of a second', async () => {
  const opened = openShare();
  await pass(opened, { busy: 0.9 });
  expect(await opened.runThree(60)).toEqual([0, 160, 320]);
});
