import { expect, it } from 'vitest';
import { compileFilter, type Filter } from '../../packages/server/src/core/filter/compile-filter.ts';
import { FilterEvaluation } from '../../packages/server/src/delivery/evaluate-filters.ts';
import type { NewEvent } from '../../packages/server/src/ports/store.ts';
import { createWorld } from '../support/world.ts';

const LONG = { data: { a: Array.from({ length: 10_001 }, () => 1) } };

it('a filter that fails lets the event pass, is counted, and is logged with a limit', async () => {
  await using world = await createWorld({
    hooks: [{ filter: 'a contains 2' }, { filter: 'a contains 2 and not exists a' }, { filter: 'exists b' }],
  });
  for (let count = 0; count < 15; count += 1)
    expect(await world.send(LONG)).toMatchObject({ deliveries: 2, filtered: 1 });
  const failed = world.observations.filter(({ kind }) => kind === 'filter_failed');
  expect(failed).toHaveLength(30);
  const accepted = world.observations.find(({ kind }) => kind === 'accepted');
  expect(accepted).toMatchObject({ deliveries: 2, filtered: 1 });
});

it('an event without warnings reached no hook because of filters', async () => {
  await using world = await createWorld({ hooks: [{ filter: 'exists b' }] });
  expect(await world.send()).toMatchObject({ deliveries: 0, filtered: 1, warnings: [] });
});

const filterOf = (text: string): Filter => {
  const compiled = compileFilter(text);
  if (!compiled.ok) throw new Error(compiled.problem.message);
  return compiled.filter;
};

/** Evaluations with a clock whose turns the test ends. */
const evaluationOf = (filters: readonly Filter[]) => {
  const soon: (() => void)[] = [];
  const later: (() => void)[] = [];
  const hooks = filters.map((filter, number) => ({ id: `wh_${number}`, filter }));
  const evaluation = new FilterEvaluation({
    store: { filters: () => Promise.resolve(hooks) },
    clock: { soon: (work) => soon.push(work), later: (work) => later.push(work) },
    onFailed: () => {},
  });
  return { evaluation, soon, later };
};

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const event = {
  type: 'a',
  tenant: null,
  hook_ids: null,
  trigger: 'scheduled',
  previous_data: null,
  metadata: null,
  data: { a: Array.from({ length: 9_000 }, () => 1) },
} as unknown as NewEvent;

it('1,000 slow filters are evaluated in slices, and other events do not add to a slice', async () => {
  let evaluated = 0;
  const filters = Array.from({ length: 1_000 }, (_, number): Filter => {
    const { evaluate, ...filter } = filterOf(`a contains ${number + 2}`);
    return {
      ...filter,
      evaluate: (one) => {
        evaluated += 1;
        return evaluate(one);
      },
    };
  });
  const { evaluation, soon, later } = evaluationOf(filters);
  const all = [1, 2, 3].map(async () => evaluation.evaluate(event));
  await settle();
  const first = evaluated;
  expect(first).toBeLessThan(40);
  let slices = 0;
  for (let work = later.shift(); work !== undefined; work = later.shift()) {
    const before = evaluated;
    work();
    await settle();
    expect(evaluated - before).toBeLessThan(40);
    slices += 1;
  }
  expect(slices).toBeGreaterThan(80);
  expect(soon).toHaveLength(1);
  const results = await Promise.all(all);
  expect(results.map((result) => result?.verdicts?.size)).toEqual([1_000, 1_000, 1_000]);
});

it('hooks with the same filter share one evaluation', async () => {
  let evaluated = 0;
  const one = filterOf('exists a');
  const counting: Filter = {
    ...one,
    evaluate: (of) => {
      evaluated += 1;
      return one.evaluate(of);
    },
  };
  const { evaluation } = evaluationOf(Array.from({ length: 100 }, () => counting));
  expect((await evaluation.evaluate(event))?.verdicts?.get('exists a')).toBe('match');
  expect(evaluated).toBe(1);
});
