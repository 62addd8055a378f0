import { expect, it } from 'vitest';
import type { Owner } from '../../packages/server/src/core/owner.ts';
import { Admission } from '../../packages/server/src/http/admission.ts';
import { LoopShare } from '../../packages/server/src/http/loop-share.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const HOSTILE: Owner = ['ws_hostile', ''];
const OTHER: Owner = ['ws_other', ''];
const MIB = 1024 * 1024;

/** Calls that end when the test ends them. */
const openAdmission = () => {
  const clock = createVirtualClock();
  const admission = new Admission(clock, new LoopShare(clock));
  const started: string[] = [];
  const ends: (() => void)[] = [];
  let ends_at_once = false;
  const call = (owner: Owner, { bytes = 0, name = owner[0], is_read = false } = {}): Promise<void> =>
    admission.run(owner, bytes, {
      is_read,
      receive: async () => {
        if (bytes > 0) started.push(`${name} body`);
      },
      call: () =>
        new Promise<void>((resolve) => {
          started.push(name);
          if (ends_at_once) resolve();
          else ends.push(resolve);
        }),
    });
  const count = (name: string): number => started.filter((one) => one === name).length;
  const endAtOnce = (): void => {
    ends_at_once = true;
  };
  return { clock, call, count, started, endNext: () => ends.shift()?.(), endAtOnce };
};

it('a workspace that is alone can have any number of calls in progress', async () => {
  const { clock, call, count } = openAdmission();
  for (let n = 0; n < 1_000; n += 1) void call(HOSTILE);
  await clock.settle();
  expect(count('ws_hostile')).toBe(1_000);
});

it('while another workspace is active, a workspace has at most its share in progress, and the other starts at once', async () => {
  const { clock, call, count, endNext } = openAdmission();
  void call(OTHER);
  for (let n = 0; n < 1_000; n += 1) void call(HOSTILE);
  await clock.settle();
  const share = count('ws_hostile');
  expect(share).toBeLessThanOrEqual(128);
  void call(OTHER);
  await clock.settle();
  expect(count('ws_other')).toBe(2);
  for (let n = 0; n < 11; n += 1) endNext();
  await clock.settle();
  expect(count('ws_hostile')).toBe(share + 10);
});

it('the waiting calls of a workspace start when the others have become inactive', async () => {
  const { clock, call, count, endNext } = openAdmission();
  void call(OTHER);
  for (let n = 0; n < 500; n += 1) void call(HOSTILE);
  await clock.settle();
  endNext();
  await clock.advance(1_001);
  void call(HOSTILE);
  await clock.settle();
  expect(count('ws_hostile')).toBe(501);
});

it('a call that waits for something else for a second does not keep others of its workspace waiting', async () => {
  const { clock, call, count } = openAdmission();
  void call(OTHER);
  for (let n = 0; n < 200; n += 1) void call(HOSTILE);
  await clock.settle();
  const before = count('ws_hostile');
  expect(before).toBeLessThan(200);
  await clock.advance(1_000);
  expect(count('ws_hostile')).toBe(200);
});

it('calls that have begun alone and wait do not keep later ones waiting when another workspace becomes active', async () => {
  const { clock, call, count } = openAdmission();
  for (let n = 0; n < 300; n += 1) void call(HOSTILE);
  await clock.settle();
  void call(OTHER);
  void call(HOSTILE, { name: 'later' });
  await clock.settle();
  expect(count('later')).toBe(1);
});

it('a workspace receives at most about eight mebibytes of large bodies at a time, and small ones at once', async () => {
  const { clock, call, count, endNext } = openAdmission();
  for (let n = 0; n < 20; n += 1) void call(HOSTILE, { bytes: MIB });
  void call(HOSTILE, { bytes: 1_000, name: 'small' });
  void call(OTHER, { bytes: MIB });
  await clock.settle();
  expect(count('ws_hostile body')).toBe(8);
  expect(count('small body')).toBe(1);
  expect(count('ws_other body')).toBe(1);
  // The small one, and one of the large ones.
  endNext();
  endNext();
  await clock.settle();
  expect(count('ws_hostile body')).toBe(9);
});

it('the calls of tenants of a workspace start in turn', async () => {
  const { clock, call, started, endNext } = openAdmission();
  void call(OTHER);
  for (let n = 0; n < 300; n += 1) void call(['ws_hostile', 'a'], { name: 'a' });
  void call(['ws_hostile', 'b'], { name: 'b' });
  await clock.settle();
  const before = started.length;
  endNext();
  endNext();
  endNext();
  await clock.settle();
  expect(started.slice(before)).toContain('b');
});

it('on a busy event loop, a workspace with far more calls than the others has four in progress, and they have eight', async () => {
  const { clock, call, count, endNext } = openAdmission();
  for (let n = 0; n < 40; n += 1) {
    clock.work(50);
    void call(HOSTILE, { name: 'before' });
    void call(OTHER, { name: 'before' });
    await clock.settle();
    endNext();
    endNext();
    await clock.settle();
  }
  for (let n = 0; n < 100; n += 1) void call(HOSTILE);
  await clock.settle();
  for (let n = 0; n < 9; n += 1) void call(OTHER);
  await clock.settle();
  expect(count('ws_hostile')).toBe(4);
  expect(count('ws_other')).toBe(8);
});

it('on a busy event loop, workspaces with as many calls as each other have eight in progress each', async () => {
  const { clock, call, count, endNext } = openAdmission();
  for (let n = 0; n < 100; n += 1) {
    clock.work(50);
    void call(HOSTILE);
    void call(OTHER);
    await clock.settle();
  }
  const started = count('ws_hostile');
  for (let n = 0; n < 2 * started; n += 1) endNext();
  await clock.settle();
  expect([count('ws_hostile'), count('ws_other')]).toEqual([started + 8, started + 8]);
});

it('calls that end at once have a turn of the event loop for each share of them, so that others are read in between', async () => {
  const { clock, call, count, endAtOnce } = openAdmission();
  void call(OTHER);
  await clock.settle();
  endAtOnce();
  for (let n = 0; n < 300; n += 1) void call(HOSTILE);
  // Less than a turn.
  for (let n = 0; n < 10_000; n += 1) await Promise.resolve();
  expect(count('ws_hostile')).toBe(128);
  await clock.settle();
  expect(count('ws_hostile')).toBe(300);
});

it('a workspace that is alone has at most 16 reads in progress, and other calls do not wait for them', async () => {
  const { clock, call, count, endNext } = openAdmission();
  for (let n = 0; n < 20; n += 1) void call(HOSTILE, { is_read: true, name: 'read' });
  void call(HOSTILE);
  await clock.settle();
  expect([count('read'), count('ws_hostile')]).toEqual([16, 1]);
  for (let n = 0; n < 2; n += 1) endNext();
  await clock.settle();
  expect(count('read')).toBe(17);
});

it('while several workspaces are active, each has at most four reads in progress', async () => {
  const { clock, call, count } = openAdmission();
  void call(OTHER);
  for (let n = 0; n < 20; n += 1) void call(HOSTILE, { is_read: true });
  for (let n = 0; n < 3; n += 1) void call(OTHER, { is_read: true, name: 'read' });
  await clock.settle();
  expect([count('ws_hostile'), count('read')]).toEqual([4, 3]);
});

it('beyond 4,096 waiting reads of an owner, further ones are refused', async () => {
  const { clock, call } = openAdmission();
  for (let n = 0; n < 16 + 4_096; n += 1) void call(HOSTILE, { is_read: true });
  await clock.settle();
  await expect(call(HOSTILE, { is_read: true })).rejects.toThrow('Too many reads are waiting');
  const others = call(['ws_hostile', 'a-tenant'], { is_read: true });
  expect(await Promise.race([others, clock.settle().then(() => 'waits')])).toBe('waits');
});
