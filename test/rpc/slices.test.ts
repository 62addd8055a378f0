import { expect, it } from 'vitest';
import { mapInSlices } from '../../packages/server/src/rpc/slices.ts';

const noTurn = (): Promise<void> => Promise.reject(new Error('a turn'));
const rows = Array.from({ length: 250 }, (_, n) => n);

it('rows are mapped in order, at most 100 at once, with a turn before each further slice', async () => {
  const done: (number | 'turn')[] = [];
  const mapped = await mapInSlices(
    rows,
    (slice) => {
      done.push(slice.length);
      return slice.map((n) => n * 2);
    },
    async () => void done.push('turn'),
  );
  expect(mapped).toEqual(rows.map((n) => n * 2));
  expect(done).toEqual([100, 'turn', 100, 'turn', 50]);
});

it('few rows wait for no turn', async () => {
  expect(await mapInSlices(rows.slice(0, 100), (slice) => slice, noTurn)).toHaveLength(100);
  expect(await mapInSlices([], (slice) => slice, noTurn)).toEqual([]);
});
