import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MODULE = new URL('../../packages/server/src/heap.ts', import.meta.url).href;

/** The MB of the young generation of a process in which many objects survive. */
const youngMb = (calls: string): number => {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { keepYoungGenerationSmall, letHeapsGrow } from '${MODULE}';
    ${calls}
    const kept = [];
    for (let n = 0; n < 1_000_000; n += 1) kept[n % 100_000] = JSON.parse('{"inner":[1]}');
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(young.space_size / 2 ** 20);`;
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }),
  );
};

it('the young generation stays small while the server starts, and grows afterwards', () => {
  expect(youngMb('keepYoungGenerationSmall();')).toBeLessThan(4);
  expect(youngMb('keepYoungGenerationSmall(); letHeapsGrow();')).toBeGreaterThan(20);
});

/** The largest old generation in MB of a process with 400 MB outside of it, whose objects need 50 MB and die old. */
const largestOldMb = (calls: string): number => {
  const program = `
    import { setTimeout as wait } from 'node:timers/promises';
    import { getHeapSpaceStatistics } from 'node:v8';
    import { letHeapsGrow } from '${MODULE}';
    const outside = Buffer.alloc(400 * 2 ** 20, 1);
    ${calls}
    await wait(500);
    const kept = [];
    let largest = 0;
    for (let n = 0; n < 12_000_000; n += 1) {
      kept[n % 200_000] = { inner: [n, n, n, n] };
      if (n < 6_000_000 || n % 10_000 > 0) continue;
      const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
      largest = Math.max(largest, old.space_size / 2 ** 20);
    }
    console.log(largest, outside.length);`;
  return Number.parseFloat(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }),
  );
};

it('heaps grow slowly while the process uses much memory', () => {
  expect(largestOldMb('letHeapsGrow();')).toBeLessThan(110);
  expect(largestOldMb('')).toBeGreaterThan(110);
});
