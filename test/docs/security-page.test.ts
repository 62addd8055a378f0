import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/security.md', root), 'utf8');

const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| (?:attack|-)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

it('every attack has a bound and a test, and the tests exist', () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const [, attack, bound, tests = ''] of rows) {
    expect([attack, bound], attack).not.toContain('');
    const names = [...tests.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    expect(names.length, attack).toBeGreaterThan(0);
    for (const name of names) expect(existsSync(new URL(`${name}.test.ts`, root)), name).toBe(true);
  }
});

it('the pages about security refer to each other', () => {
  expect(page).toContain('](../SECURITY.md)');
  expect(readFileSync(new URL('SECURITY.md', root), 'utf8')).toContain('](docs/security.md)');
});
