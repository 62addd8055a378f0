import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { experiments } from '../scripts/experiment/table.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const textOf = (file: string): string => readFileSync(`${root}${file}`, 'utf8');

describe.each(experiments)('experiment $id', ({ id, file, env }) => {
  it('is mentioned in its test, which reads its variables', () => {
    const text = textOf(file);
    expect(text).toMatch(new RegExp(String.raw`pnpm experiment ${id}\b`));
    for (const name of Object.keys(env)) expect(text).toContain(`process.env['${name}']`);
  });
});

it('each experiment has its own id', () => {
  const ids = experiments.map(({ id }) => id.toLowerCase());
  expect(new Set(ids).size).toBe(ids.length);
});

it('every test that mentions an experiment has its row', () => {
  const mentioned = globSync('test/**/*.test.ts', { cwd: root }).flatMap((file) =>
    [...textOf(file).matchAll(/`pnpm experiment ([\w-]+)`/g)].map(([, id]) => ({ id, file })),
  );
  expect(mentioned.length).toBeGreaterThan(10);
  for (const row of mentioned) expect(experiments).toContainEqual(expect.objectContaining(row));
});

it('without an id, `pnpm experiment` lists them', () => {
  const printed = execFileSync(process.execPath, ['scripts/experiment/run.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const { id, shows } of experiments) expect(printed).toMatch(new RegExp(`^ +${id} .*${shows}$`, 'm'));
});
