import { expect, it } from 'vitest';
import { coerceError } from '../../packages/server/src/core/errors.ts';
import type { Script } from '../support/scripted-transport.ts';
import { createWorld } from '../support/world.ts';

const SECOND = 1_000;
const LIMIT_MS = 2 * SECOND;

/** A world with a limit of 2 seconds whose commits take as long as the test says. */
const createSlowWorld = async (script: Script = () => ({ status: 200 })) => {
  const database = { answers_after_ms: 0, fails: false };
  const world = await createWorld({
    script,
    limits: { hook_concurrency: 2, concurrency: 4 },
    accept_wait_ms: LIMIT_MS,
    wrapStore: (store) => ({
      commitBatch: async (batch) => {
        const { answers_after_ms, fails } = database;
        const result = fails ? null : await store.commitBatch(batch);
        if (answers_after_ms > 0) {
          await new Promise<void>((resolve) => void world.clock.after(answers_after_ms, resolve));
        }
        if (result === null) throw new Error('the connection is lost');
        return result;
      },
    }),
  });
  /** Sends an event. Returns how it was answered, and after how long. */
  const send = async (number: number) => {
    const at = world.clock.now();
    const taken = () => world.clock.now() - at;
    try {
      await world.send({ data: { number } });
      return { code: 'accepted', message: '', retry_after_s: undefined, ms: taken() };
    } catch (error) {
      const { code, message, retry_after_s } = coerceError(error);
      return { code, message, retry_after_s, ms: taken() };
    }
  };
  const stored = async () => (await world.arrange.events()).map(({ data }) => data);
  return { world, database, send, stored, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
};

const UNKNOWN = {
  code: 'storage_failed',
  message: expect.stringContaining('may have been stored') as string,
  retry_after_s: 5,
  ms: LIMIT_MS,
};
const NOT_STORED = { ...UNKNOWN, message: expect.stringContaining('Nothing was stored') as string };

it('a commit without an answer for 2 s: its events get 503 as maybe stored, and are sent once it succeeds', async () => {
  await using slow = await createSlowWorld();
  const { world, database } = slow;
  database.answers_after_ms = 3 * SECOND;
  const first = slow.send(1);
  await world.clock.advance(500);
  const behind = slow.send(2);
  await world.clock.advance(1_500);
  expect(await first).toEqual(UNKNOWN);
  await world.clock.advance(500);
  expect(await behind).toEqual(NOT_STORED);
  database.answers_after_ms = 0;
  const last = slow.send(3);
  await world.clock.advance(500);
  expect(await last).toMatchObject({ code: 'accepted', ms: 500 });
  await world.live(SECOND);
  expect(await slow.stored()).toEqual(['{"number":1}', '{"number":3}']);
  expect(await world.statuses()).toEqual({ succeeded: 2 });
  expect(world.sent()).toHaveLength(2);
});

it('an event of a batch that was full is not stored later, if its sender was answered', async () => {
  await using slow = await createSlowWorld();
  const { world, database } = slow;
  for (let n = 0; n < 99; n += 1) await world.arrange.addHook(world.workspace);
  database.answers_after_ms = 3 * SECOND;
  const answers = [slow.send(1), slow.send(2)];
  await world.clock.advance(LIMIT_MS);
  expect(await Promise.all(answers)).toEqual([UNKNOWN, UNKNOWN]);
  database.answers_after_ms = 0;
  await world.live(5 * SECOND);
  expect(await slow.stored()).toEqual(['{"number":1}']);
});

it('while a commit has had no answer for 4 s, new events get 503 at once; later ones are accepted', async () => {
  await using slow = await createSlowWorld();
  const { world, database } = slow;
  database.answers_after_ms = 15 * SECOND;
  database.fails = true;
  const first = slow.send(1);
  await world.clock.advance(4 * SECOND);
  expect((await first).ms).toBe(LIMIT_MS);
  expect(await slow.send(2)).toEqual({ ...NOT_STORED, ms: 0 });
  database.answers_after_ms = 0;
  database.fails = false;
  await world.live(12 * SECOND);
  expect(await slow.send(3)).toMatchObject({ code: 'accepted' });
  expect(await slow.stored()).toEqual(['{"number":3}']);
});

it('no event waits longer because commits fail in between', async () => {
  await using slow = await createSlowWorld();
  const { world, database } = slow;
  Object.assign(database, { answers_after_ms: 3 * SECOND, fails: true });
  const waits: Promise<{ readonly ms: number }>[] = [];
  for (let n = 0; n < 100; n += 1) {
    waits.push(slow.send(n));
    await world.clock.advance(100);
  }
  await world.clock.advance(LIMIT_MS + 100);
  const all = await Promise.all(waits);
  expect(Math.max(...all.map(({ ms }) => ms))).toBeLessThanOrEqual(LIMIT_MS + 100);
});

it('events that wait for deliveries and not for the database have no limit', async () => {
  await using slow = await createSlowWorld(() => ({ status: 200, after_ms: 50 }));
  const answers = Array.from({ length: 700 }, (_, n) => slow.send(n));
  const all = await slow.world.clock.until(Promise.all(answers));
  expect(new Set(all.map(({ code }) => code))).toEqual(new Set(['accepted']));
  expect(Math.max(...all.map(({ ms }) => ms))).toBeGreaterThan(LIMIT_MS);
});
