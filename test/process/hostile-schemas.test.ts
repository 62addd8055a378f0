import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ADMIN_KEY, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment schemas`.
const SECONDS = Number(process.env['ATTACK_SECONDS'] ?? 6);

/** Of one event, also on a busy machine. Some of these checks would take 10 s in the main thread. */
const MAX_DELAY_MS = 1_500;
/** A check of another workspace in progress, a start of the thread, and the own check. */
const MAX_CHECK_WAIT_MS = 4_000;

const level = (next: string) => ({ allOf: Array.from({ length: 20 }, () => ({ $ref: `#/$defs/${next}` })) });
const text = 'ab'.repeat(500_000);

const HOSTILE: Readonly<Record<string, readonly [schema: object, data: object]>> = {
  backtracking: [{ properties: { a: { pattern: '^(a|a)*$' } } }, { a: `${'a'.repeat(60)}!` }],
  references: [
    {
      properties: { a: { $ref: '#/$defs/x' } },
      $defs: { x: level('y'), y: level('z'), z: level('p'), p: { pattern: '^(?:a|b)*$' } },
    },
    { a: text },
  ],
  keywords: [
    { properties: { a: { allOf: Array.from({ length: 1400 }, () => ({ maxLength: 10_000_000 })) } } },
    { a: text },
  ],
  'unique items': [
    {
      allOf: Array.from({ length: 200 }, () => ({ $ref: '#/$defs/unique' })),
      $defs: { unique: { properties: { a: { uniqueItems: true } } } },
    },
    { a: Array.from({ length: 5_000 }, (_, index) => ({ index })) },
  ],
};

const ORDINARY: Readonly<Record<string, readonly [schema: object, data: object]>> = {
  simple: [{ type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }, { id: 1 }],
  referring: [
    { properties: { id: { $ref: '#/$defs/id' } }, $defs: { id: { type: 'string', pattern: '^[a-z]+$' } } },
    { id: 'abc' },
  ],
};

it(
  'while one workspace sends events that take forever to check, those of another are accepted at once',
  async () => {
    await using folder = await createTemporaryFolder();
    await using server = await startServer({ folder: folder.path });
    const inWorkspace = async (name: string) => {
      const { body } = await server.call('POST', '/v1/workspaces', { name });
      return async (method: string, path: string, sent: object) => {
        const started_at = performance.now();
        const response = await fetch(server.url + path, {
          method,
          headers: {
            authorization: `Bearer ${ADMIN_KEY}`,
            'content-type': 'application/json',
            'bellwire-workspace': body.id,
          },
          body: JSON.stringify(sent),
        });
        const answer = (await response.json()) as { readonly error?: { readonly code: string } };
        const code = answer.error?.code ?? String(response.status);
        const retry_after = response.headers.get('retry-after');
        return { code, retry_after, ms: performance.now() - started_at };
      };
    };
    const [attacker, other] = await Promise.all([inWorkspace('attacker'), inWorkspace('other')]);
    for (const [api, types] of [
      [attacker, HOSTILE],
      [other, ORDINARY],
    ] as const) {
      for (const [name, [schema]] of Object.entries(types))
        expect((await api('PUT', `/v1/event-types/${name}`, { schema })).code).toBe('200');
    }
    const sends = (api: typeof other, types: typeof ORDINARY, type: string) =>
      api('POST', '/v1/events', { type, data: types[type]?.[1] });
    for (const type of Object.keys(ORDINARY)) expect((await sends(other, ORDINARY, type)).code).toBe('202');

    const until = performance.now() + SECONDS * 1000;
    const repeat = async (one: () => ReturnType<typeof other>, pause_ms: number) => {
      const answers: Awaited<ReturnType<typeof one>>[] = [];
      while (performance.now() < until) {
        answers.push(await one());
        await wait(pause_ms);
      }
      return answers;
    };
    const attacks = Promise.all(
      [...Object.keys(HOSTILE), ...Object.keys(HOSTILE)].map((type) =>
        repeat(() => sends(attacker, HOSTILE, type), 50),
      ),
    );
    const [simple, referring, hostile] = await Promise.all([
      repeat(() => sends(other, ORDINARY, 'simple'), 5),
      repeat(() => sends(other, ORDINARY, 'referring'), 20),
      attacks.then((all) => all.flat()),
    ]);

    expect(new Set([...simple, ...referring].map(({ code }) => code))).toEqual(new Set(['202']));
    expect(Math.max(...simple.map(({ ms }) => ms))).toBeLessThan(MAX_DELAY_MS);
    expect(Math.max(...referring.map(({ ms }) => ms))).toBeLessThan(MAX_CHECK_WAIT_MS);
    const codes = new Set(hostile.map(({ code }) => code));
    expect(codes).toContain('schema_too_slow');
    expect(codes).toContain('too_many_requests');
    for (const { code, retry_after } of hostile) {
      if (code === 'too_many_requests') expect(Number(retry_after)).toBeGreaterThanOrEqual(1);
    }
    // The thread was replaced: the same type is accepted with other data.
    await wait(1_000);
    expect((await sends(other, ORDINARY, 'referring')).code).toBe('202');
  },
  SECONDS * 1000 + 60_000,
);
