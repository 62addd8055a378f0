import { expect, it } from 'vitest';
import { interrupted } from '../../packages/server/src/transport/interrupted.ts';
import { createResultBatch } from '../../packages/server/src/transport/result-batch.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

it('a result after a pause is passed on at once; those that follow within a millisecond, together', async () => {
  const clock = createVirtualClock();
  const batches: (readonly string[])[] = [];
  const onResult = createResultBatch(clock, (results) => void batches.push(results.map(({ id }) => id)));
  const result = (id: string): void => onResult(interrupted(id, false));
  result('a');
  result('b');
  await clock.settle();
  expect(batches).toEqual([['a', 'b']]);
  result('c');
  await clock.settle();
  result('d');
  await clock.settle();
  expect(batches).toHaveLength(1);
  await clock.advance(1);
  expect(batches).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  await clock.advance(5);
  result('e');
  await clock.settle();
  expect(batches).toHaveLength(3);
});
