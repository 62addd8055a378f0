import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MODULE = new URL('../../packages/server/src/young-generation.ts', import.meta.url).href;

/** The MB of the young generation of a process in which many objects survive. */
const youngMb = (calls: string): number => {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { keepYoungGenerationSmall, letYoungGenerationGrow } from '${MODULE}';
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
  expect(youngMb('keepYoungGenerationSmall(); letYoungGenerationGrow();')).toBeGreaterThan(20);
});
