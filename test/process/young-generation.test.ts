import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MODULE = new URL('../../packages/server/src/young-generation.ts', import.meta.url).href;

/** The MB of the young generation of a process after a load of which many objects survive. */
const youngMb = (calls: string): number => {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { setImmediate as turn } from 'node:timers/promises';
    import { keepYoungGenerationSmall, limitYoungGeneration } from '${MODULE}';
    ${calls}
    const kept = [];
    for (let round = 0; round < 4_000; round += 1) {
      for (let n = 0; n < 1_000; n += 1) kept[(round * 1_000 + n) % 100_000] = JSON.parse('{"inner":[1]}');
      await turn();
    }
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(young.space_size / 2 ** 20);`;
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }),
  );
};

it('the young generation stays small while the server starts, and grows to a quarter of what V8 allows', () => {
  const unlimited = youngMb('');
  expect(youngMb('keepYoungGenerationSmall();')).toBeLessThan(4);
  const limited = youngMb('keepYoungGenerationSmall(); limitYoungGeneration();');
  expect(limited).toBeGreaterThan(6);
  expect(limited).toBeLessThan(unlimited / 1.5);
});
