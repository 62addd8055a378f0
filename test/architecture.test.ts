import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkArchitecture, type Sources } from './support/architecture.ts';

const SRC = fileURLToPath(new URL('../packages/server/src', import.meta.url));

const sources: Sources = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path.replaceAll('\\', '/'), readFileSync(join(SRC, path), 'utf8')]),
);
const findings = checkArchitecture(sources);

test('imports follow the permitted directions, and each hazard is used in one place', () => {
  expect(sources.size).toBeGreaterThan(50);
  expect(findings).toEqual([]);
});

/** The findings for one file, which is checked alone unless it replaces a real one. */
const findingsWith = (path: string, source: string): readonly string[] =>
  checkArchitecture(sources.has(path) ? new Map([...sources, [path, source]]) : new Map([[path, source]]));

describe('the check reports', () => {
  test.each([
    [
      'core/a.ts',
      `import { createCipher } from '../storage/cipher.ts';`,
      'core/ may import nothing but itself',
    ],
    ['core/a.ts', `import { createHash } from 'node:crypto';`, 'only core/signing.ts'],
    ['core/a.ts', `import type { Store } from '../ports/store.ts';`, 'core/ may import nothing but itself'],
    ['dialects/a.ts', `import type { Clock } from '../ports/store.ts';`, 'dialects/ may import core/'],
    ['delivery/a.ts', `import { standard } from '../dialects/standard.ts';`, 'only types of dialects/'],
    ['delivery/a.ts', `import { Kysely } from 'kysely';`, 'which only storage/ may'],
    [
      'storage/a.ts',
      `import { createDeliveryLoop } from '../delivery/delivery-loop.ts';`,
      'storage/ may import core/',
    ],
    [
      'storage/a.ts',
      `import { type Log, createDeliveryLoop } from '../delivery/delivery-loop.ts';`,
      'storage/ may import core/',
    ],
    [
      'storage/sqlite/a.ts',
      `import { t } from '../../rpc/trpc.ts';`,
      'storage/ may import core/, ports/ (types)',
    ],
    ['transport/a.ts', `export { createCipher } from '../storage/cipher.ts';`, 'transport/ may import'],
    ['transport/a.ts', `const { run } = await import('../http/app.ts');`, 'transport/ may import'],
    ['catalog/a.ts', `import * as accept from '../delivery/accept.ts';`, 'catalog/ may import core/'],
    ['schedule/a.ts', `import undici from 'undici';`, 'which only transport/ may'],
    ['rpc/a.ts', `import { createApp } from '../http/app.ts';`, 'rpc/ may import admin/'],
    ['rpc/a.ts', `import type { Database } from 'better-sqlite3';`, 'which only storage/ may'],
    ['http/a.ts', `import { createKeys } from '../admin/keys.ts';`, 'only types of '],
    ['http/a.ts', `import { z } from 'zod';`, 'which only rpc/, config.ts'],
    ['http/routes.ts', `import { z } from 'zod';`, 'http/routes.ts (types)'],
    ['http/a.ts', `import 'node:net';`, 'which only transport/ may'],
    ['delivery/a.ts', `import { systemClock } from '../clock.ts';`, 'does not import top-level files'],
    ['core/a.ts', `import leftPad from 'left-pad';`, 'left-pad, which no room may use yet'],
    ['billing/a.ts', `export const price = 1;`, 'billing/ is a new room'],
    ['helpers.ts', `export const help = 1;`, 'helpers.ts is an unlisted top-level file'],
    ['delivery/a.ts', `export const now = () => Date.now();`, 'only clock.ts may: take a Clock'],
    ['delivery/a.ts', `export const now = new Date().toISOString();`, 'only clock.ts may: take a Clock'],
    ['delivery/a.ts', `setTimeout(() => {}, 1);`, 'only clock.ts may: take a Clock'],
    ['transport/a.ts', `const signal = AbortSignal.timeout(1);`, 'only clock.ts may'],
    ['delivery/a.ts', `setImmediate(() => {});`, 'only clock.ts may'],
    ['core/a.ts', `export const roll = Math.random();`, 'only random.ts may: take a Random'],
    ['http/a.ts', `export const { HOME } = process.env;`, 'only config.ts may: add a setting'],
    ['create-bellwire.ts', `console.error('oh');`, 'which no file may: take a Log'],
    [
      'core/errors.ts',
      `import { newId } from './ids.ts';\nexport { errorTable } from './errors.ts';`,
      'is a cycle',
    ],
  ])('%s with %s', (path, source, finding) => {
    expect(findingsWith(path, source).join('\n')).toContain(finding);
  });
});

describe('the check accepts', () => {
  test.each([
    ['delivery/a.ts', `import { BellwireError } from '../core/errors.ts';`],
    ['delivery/a.ts', `import { type Dialect, type Rendering } from '../dialects/dialect.ts';`],
    [
      'storage/a.ts',
      `import type { Kysely } from 'kysely';\nimport type { Store } from '../ports/store.ts';`,
    ],
    ['http/routes.ts', `import type { z } from 'zod';`],
    ['rpc/a.ts', `import { z } from 'zod';\nimport { trpc } from '@trpc/server/unstable';`],
    [
      'delivery/a.ts',
      `// This file uses neither Date.now() nor console.\nexport const url = 'https://x//y';`,
    ],
    ['delivery/a.ts', `export const at = (now: number) => new Date(now);`],
  ])('%s with %s', (path, source) => {
    expect(findingsWith(path, source)).toEqual([]);
  });
});
