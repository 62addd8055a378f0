import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SampleGenerator } from '../../packages/server/src/catalog/sample-generator.ts';
import { systemClock } from '../../packages/server/src/clock.ts';
import type { JsonObject } from '../../packages/server/src/core/json.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { until } from '../support/running-server.ts';

const alive = new Set<Worker>();
const watch = (worker: Worker): void => {
  alive.add(worker);
  worker.once('exit', () => alive.delete(worker));
};
beforeEach(() => void process.on('worker', watch));
afterEach(() => {
  process.off('worker', watch);
  expect(alive.size).toBe(0);
});

const withA = (schema: JsonObject): string =>
  JSON.stringify({ type: 'object', required: ['a'], properties: { a: schema } });
const INTEGER = withA({ type: 'integer', minimum: 7 });

const nested = (levels: number): JsonObject =>
  levels === 0 ? { type: 'integer' } : { type: 'array', minItems: 1000, items: nested(levels - 1) };

const HOSTILE: Readonly<Record<string, string>> = {
  'a billion items': withA({ type: 'array', minItems: 1e9, items: { type: 'integer' } }),
  'nested arrays': withA(nested(8)),
  'half a billion characters': withA({ type: 'string', minLength: 5e8 }),
  'a pattern of a hundred million characters': withA({ type: 'string', pattern: '^a{100000000}$' }),
  'a billion items that contain a value': withA({ type: 'array', minContains: 1e9, contains: { const: 1 } }),
};

it('answers null within its limits for hostile schemas, keeps this thread free, and goes on with the next schema', async () => {
  await using generator = new SampleGenerator({ clock: systemClock });
  expect(await generator.of(INTEGER)).toEqual({ a: expect.any(Number) });
  for (const [name, schema_text] of Object.entries(HOSTILE)) {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 10);
    const started_at = performance.now();
    expect([name, await generator.of(schema_text)]).toEqual([name, null]);
    clearInterval(timer);
    expect([name, performance.now() - started_at < 5_000]).toEqual([name, true]);
    expect([name, ticks > 10]).toEqual([name, true]);
    expect(alive.size).toBe(0);
  }
  expect(await generator.of(withA({ type: 'boolean' }))).toEqual({ a: expect.any(Boolean) });
});

it('does not generate a sample larger than an event may be', async () => {
  await using generator = new SampleGenerator({ clock: systemClock });
  expect(await generator.of(withA({ type: 'string', minLength: 1_048_576 }))).toBeNull();
});

it('starts its thread with the first schema, and ends it after 30 s without one', async () => {
  const clock = createVirtualClock();
  await using generator = new SampleGenerator({ clock });
  expect(alive.size).toBe(0);
  const [one, two] = await Promise.all([generator.of(INTEGER), generator.of(INTEGER)]);
  expect(one).toEqual(two);
  expect(one).not.toBe(two);
  expect(alive.size).toBe(1);
  await clock.advance(31_000);
  await until(
    () => Promise.resolve(alive.size),
    (size) => size === 0,
  );
  // From the cache.
  expect(await generator.of(INTEGER)).toEqual(one);
  expect(alive.size).toBe(0);
});

it('replaces a thread that ended between two samples', async () => {
  await using generator = new SampleGenerator({ clock: systemClock });
  await generator.of(INTEGER);
  for (const worker of alive) await worker.terminate();
  expect(await generator.of(withA({ type: 'boolean' }))).toEqual({ a: expect.any(Boolean) });
});

it('remembers for a minute that a schema exceeds the limits', async () => {
  const clock = createVirtualClock();
  await using generator = new SampleGenerator({ clock });
  const overrun = async () => {
    const answer = generator.of(HOSTILE['a billion items']!);
    await until(
      () => Promise.resolve(alive.size),
      (size) => size === 1,
    );
    const timer = setInterval(() => void clock.advance(1_000), 300);
    expect(await answer).toBeNull();
    clearInterval(timer);
  };
  await overrun();
  expect(await generator.of(HOSTILE['a billion items']!)).toBeNull();
  expect(alive.size).toBe(0);
  await clock.advance(60_001);
  await overrun();
});

it('refuses a ninth schema while eight wait, and on close all of them and every later one', async () => {
  const generator = new SampleGenerator({ clock: systemClock });
  const hostile = (n: number) => generator.of(withA({ type: 'array', minItems: 1e9 + n }));
  const waiting = Array.from({ length: 8 }, (_, n) => hostile(n));
  await expect(hostile(8)).rejects.toMatchObject({ code: 'overloaded' });
  const ends = Promise.allSettled(waiting);
  await generator[Symbol.asyncDispose]();
  expect(alive.size).toBe(0);
  for (const end of await ends)
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'shutting_down' } });
  await expect(generator.of(INTEGER)).rejects.toMatchObject({ code: 'shutting_down' });
});
