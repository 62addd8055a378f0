import { expect, it } from 'vitest';
import { createHeavyTurns } from '../../packages/server/src/rpc/heavy-turns.ts';

it('heavy work runs one at a time, and the first of a workspace comes before the second of another', async () => {
  const later: (() => void)[] = [];
  const heavyTurn = createHeavyTurns((work) => void later.push(work));
  const ran: string[] = [];
  for (const name of ['hostile', 'hostile', 'hostile', 'other']) {
    void heavyTurn(name).then(() => ran.push(name));
  }
  const order: number[] = [];
  while (later.length > 0) {
    expect(later).toHaveLength(1);
    later.shift()?.();
    await Promise.resolve();
    order.push(ran.length);
  }
  expect(ran).toEqual(['hostile', 'other', 'hostile', 'hostile']);
  expect(order).toEqual([1, 2, 3, 4]);
});
