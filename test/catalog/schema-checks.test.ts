import { setTimeout as wait } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import { SchemaChecks } from '../../packages/server/src/catalog/schema-checks.ts';
import { systemClock } from '../../packages/server/src/clock.ts';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import type { JsonObject } from '../../packages/server/src/core/json.ts';

const thread_url = new URL('../../packages/server/src/schema-thread.ts', import.meta.url);

const opened: SchemaChecks[] = [];
afterEach(async () => {
  for (const checks of opened.splice(0)) await checks[Symbol.asyncDispose]();
});

/** Checks, whose clock a test can move forward to refill budgets. */
const open = () => {
  const clock = { ahead_ms: 0 };
  const monotonic = () => systemClock.monotonic() + clock.ahead_ms;
  const checks = new SchemaChecks({ clock: { ...systemClock, monotonic }, thread_url });
  opened.push(checks);
  const check = (schema: JsonObject, data: JsonObject, workspace_id = 'ws_a') =>
    checks.check({
      workspace_id,
      type: 'order.created',
      schema_text: JSON.stringify(schema),
      data,
      data_text: JSON.stringify(data),
    });
  return { checks, clock, check };
};

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => (error instanceof BellwireError ? error.code : String(error)),
  );

/** The result of `work` and the CPU time of this thread for it, in milliseconds. A busy machine does not change it. */
const timed = async <T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> => {
  const before = process.threadCpuUsage();
  const result = await work();
  const { user, system } = process.threadCpuUsage(before);
  return { result, ms: (user + system) / 1000 };
};

const MAX_MS = 200;

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

const level = (next: string) => ({ allOf: Array.from({ length: 20 }, () => ({ $ref: `#/$defs/${next}` })) });

const references = (): JsonObject => {
  return {
    properties: { a: { $ref: '#/$defs/x' } },
    $defs: { x: level('y'), y: level('z'), z: level('p'), p: { pattern: '^(?:a|b)*$' } },
  };
};
const text = 'ab'.repeat(500_000);
const UNIQUE: JsonObject = {
  allOf: Array.from({ length: 200 }, () => ({ $ref: '#/$defs/unique' })),
  $defs: { unique: { properties: { a: { uniqueItems: true } } } },
};

const HOSTILE: readonly (readonly [name: string, schema: JsonObject, data: JsonObject])[] = [
  [
    'a pattern with exponential backtracking',
    { properties: { a: { pattern: '^(a|a)*$' } } },
    { a: `${'a'.repeat(60)}!` },
  ],
  [
    'a pattern with quadratic backtracking',
    { properties: { a: { pattern: 'a*b' } } },
    { a: 'a'.repeat(900_000) },
  ],
  [
    'a property name with exponential backtracking',
    { patternProperties: { '^(a|a)*$': true } },
    { [`${'a'.repeat(60)}!`]: 1 },
  ],
  ['references to references to a pattern', references(), { a: text }],
  [
    '1,400 keywords for one long text',
    { properties: { a: { allOf: Array.from({ length: 1400 }, () => ({ maxLength: 1e7 })) } } },
    { a: text },
  ],
  [
    'uniqueItems through 200 references',
    UNIQUE,
    { a: Array.from({ length: 5000 }, (_, index) => ({ index })) },
  ],
  [
    'issues that fill the memory',
    {
      additionalProperties: { items: { $ref: '#/$defs/all' } },
      $defs: { all: { allOf: Array.from({ length: 300 }, () => ({ pattern: '^(a|a)*$' })) } },
    },
    { a: Array.from({ length: 400 }, () => `${'a'.repeat(60)}!`) },
  ],
];

describe('a check', () => {
  it.each(HOSTILE)(
    'of %s takes no time of this thread, and is ended after a second',
    async (_, schema, data) => {
      const { check } = open();
      const started_at = performance.now();
      const { result, ms } = await timed(() => codeOf(check(schema, data)));
      expect(['ok', 'schema_too_slow']).toContain(result);
      expect(ms).toBeLessThan(MAX_MS);
      expect(performance.now() - started_at).toBeLessThan(10_000);
    },
  );

  it('that takes too long is refused with an explanation, and later checks run in a new thread', async () => {
    const { checks, check } = open();
    const [, schema, data] = HOSTILE[0]!;
    await expect(check(schema, data)).rejects.toMatchObject({
      code: 'schema_too_slow',
      status: 422,
      message: expect.stringMatching(/"order\.created" within 1 s.*Simplify the schema with PUT/),
    });
    expect(checks.facts).toMatchObject({
      ended_threads: 1,
      thread_ms: expect.toSatisfy((ms: number) => ms >= 1000),
    });
    expect(await check(schema, { a: 'aaa' })).toEqual([]);
    expect(await check(schema, { a: 'b' })).toEqual([
      { path: 'data.a', message: 'must match pattern "^(a|a)*$"' },
    ]);
  });

  it('of a simple schema with little data runs without the other thread', async () => {
    const { checks, check } = open();
    const schema: JsonObject = {
      type: 'object',
      properties: {
        id: { type: 'string', format: 'uuid' },
        items: { type: 'array', items: { enum: [1, 2] } },
      },
      required: ['id'],
    };
    expect(await check(schema, { id: 'x' })).toEqual([
      { path: 'data.id', message: 'must match format "uuid"' },
    ]);
    expect(checks.facts.thread_ms).toBe(0);
    const data = { id: 'a0000000-0000-4000-8000-000000000000', items: Array(100_000).fill(1) };
    expect(await check(schema, data)).toEqual([]);
    expect(checks.facts.thread_ms).toBeGreaterThan(0);
  });

  it('of simple schemas uses a share of this thread only, and then the other one', async () => {
    const { checks, check } = open();
    for (let index = 0; index < 200 && checks.facts.thread_ms === 0; index += 1) {
      const properties = Array.from({ length: 60 }, (_, nth) => [
        `p${index}_${nth}`,
        { type: 'string', maxLength: 5 },
      ]);
      expect(await check({ properties: Object.fromEntries(properties) as JsonObject }, {})).toEqual([]);
    }
    expect(checks.facts.thread_ms).toBeGreaterThan(0);
  });

  it('waits for at most one check of another workspace', async () => {
    const { check } = open();
    const [, slow, data] = HOSTILE[0]!;
    await check({ pattern: 'a' }, {});
    const hostile = Array.from({ length: 20 }, () => codeOf(check(slow, data)));
    await wait(50);
    const started_at = performance.now();
    const other = Array.from({ length: 5 }, () => codeOf(check({ pattern: 'b' }, {}, 'ws_b')));
    expect(new Set(await Promise.all(other))).toEqual(new Set(['ok']));
    expect(performance.now() - started_at).toBeLessThan(3_000);
    const codes = await Promise.all(hostile);
    // 1.5 s of checks of one type are its share; the others are refused without being started.
    expect(codes.filter((code) => code === 'schema_too_slow').length).toBeLessThanOrEqual(3);
    expect(codes.filter((code) => code === 'too_many_requests').length).toBeGreaterThanOrEqual(17);
  });

  it('is refused when its workspace has used its share, with the time after which it is accepted again', async () => {
    const { check, clock } = open();
    const [, slow, data] = HOSTILE[0]!;
    const codes: string[] = [];
    for (let nth = 0; nth < 6 && codes.at(-1) !== 'too_many_requests'; nth += 1)
      codes.push(await codeOf(check(slow, data)));
    expect(codes[0]).toBe('schema_too_slow');
    const refused = await check({ pattern: 'a' }, {}).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'too_many_requests', status: 429 });
    const { retry_after_s } = refused as BellwireError;
    expect(retry_after_s).toBeGreaterThanOrEqual(1);
    expect(retry_after_s).toBeLessThan(10);
    expect(await codeOf(check({ pattern: 'a' }, {}, 'ws_b'))).toBe('ok');
    expect(await codeOf(check({ type: 'object' }, {}))).toBe('ok');
    clock.ahead_ms += retry_after_s! * 1000;
    expect(await codeOf(check({ pattern: 'a' }, {}))).toBe('ok');
  });

  it('is rejected at shutdown, and the thread ends', async () => {
    const { checks, check } = open();
    const [, slow, data] = HOSTILE[0]!;
    const waiting = [codeOf(check(slow, data)), codeOf(check({ pattern: 'a' }, {}, 'ws_b'))];
    await wait(300);
    await checks[Symbol.asyncDispose]();
    expect(await Promise.all(waiting)).toEqual(expect.arrayContaining(['shutting_down']));
    expect(await codeOf(check({ pattern: 'a' }, {}))).toBe('shutting_down');
  });

  it('throws schema_invalid if the schema cannot be compiled', async () => {
    const { check } = open();
    expect(await codeOf(check({ pattern: '(' }, {}))).toBe('schema_invalid');
  });
});

describe('the validation of a schema', () => {
  const owner = { workspace_id: 'ws_a', type: 'order.created' };

  it('takes no time of this thread, whatever the schema', async () => {
    const { checks } = open();
    const schemas: readonly JsonObject[] = [
      { dependentRequired: Object.fromEntries(namesOf(8).map((name) => [name, namesOf(1000)])) },
      { dependentRequired: { a: namesOf(500) } },
      { allOf: Array.from({ length: 1499 }, () => ({ maxLength: 1 })) },
      { allOf: Array.from({ length: 99 }, (_, index) => ({ pattern: `^${'[a-z]?'.repeat(70)}${index}$` })) },
    ];
    for (const schema of schemas) {
      const { ms } = await timed(() => codeOf(checks.validate(owner, schema)));
      expect(ms).toBeLessThan(MAX_MS);
    }
  });

  it('finds what is wrong', async () => {
    const { checks } = open();
    expect(await checks.validate(owner, { type: 'object' })).toEqual([]);
    expect(await checks.validate(owner, { $ref: 'x' })).toHaveLength(1);
    expect(await checks.validate(owner, { properties: { a: { pattern: '(' } } })).toMatchObject([
      { path: 'properties.a.pattern' },
    ]);
  });
});
