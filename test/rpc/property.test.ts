import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyStepTo, routes, type Step } from '../support/any-step.ts';
import { expectDocumented, operation } from '../support/openapi-bench.ts';
import { startReceiver } from '../support/receiver.ts';
import { parting, withoutChance } from '../support/without-chance.ts';
import { type Outcomes, startSurfacePair } from '../support/surface-pair.ts';
import { type Outcome, procedures, successOf } from '../support/two-surfaces.ts';

const CALLS = Number(process.env['PROPERTY_CALLS'] ?? 5_000);
const SEED = Number(process.env['PROPERTY_SEED'] ?? 20_261_121);
/** Calls between two looks at everything that is stored. */
const LOOK_EVERY = 1_000;

const isQuery = (name: string): boolean =>
  procedures.some((procedure) => procedure.name === name && procedure.type === 'query');

/** Both outcomes in one form; what a query says of a wrong value differs, since there everything is text. */
const comparable = (name: string, { error, value }: Outcome): string => {
  if (error === null) return withoutChance(value);
  const is_query = isQuery(name) && error.code === 'invalid_input';
  const said = error.issues?.map(({ path, message }) => (is_query ? path : `${path} ${message}`));
  // A number may break two rules where its text breaks one.
  const issues = is_query ? [...new Set(said)] : said;
  return withoutChance({ code: error.code, issues, message: is_query ? '' : error.message });
};

const expectSame = (where: string, { name }: Step, { rest, trpc, answer }: Outcomes): void => {
  expect(rest.status, `${where}: ${answer.text}`).toBeLessThan(500);
  expect(parting(comparable(name, rest), comparable(name, trpc)), where).toBeNull();
  if (rest.error !== null) expect(rest.status, where).toBe(trpc.status);
  else expect([rest.status, trpc.status], where).toEqual([successOf(name, rest.value), 200]);
  expectDocumented(operation(name), answer);
};

it(
  `REST and /trpc answer the same and leave the same behind (${CALLS} calls, seed ${SEED})`,
  async () => {
    await using receiver = await startReceiver(({ path }) =>
      path.startsWith('/fail') ? { status: 500 } : {},
    );
    await using pair = await startSurfacePair();
    const seen = { good: new Set<string>(), bad: new Set<string>() };
    const expectSameState = async (where: string): Promise<void> => {
      const [left, right] = await pair.states();
      expect(parting(withoutChance(left), withoutChance(right)), where).toBeNull();
    };
    const steps = fc.sample(anyStepTo(receiver.origin), { seed: SEED, numRuns: CALLS });
    for (const [nth, step] of steps.entries()) {
      const where = `call ${nth} of seed ${SEED}: ${JSON.stringify(step)}`;
      const outcomes = await pair.call(step);
      expectSame(where, step, outcomes);
      seen[outcomes.rest.error === null ? 'good' : 'bad'].add(step.name);
      if (nth % LOOK_EVERY === LOOK_EVERY - 1) await expectSameState(`after ${where}`);
    }
    await expectSameState('at the end');
    const all = routes.map(({ name }) => name).toSorted();
    expect([...seen.good].toSorted(), 'procedures that did something').toEqual(all);
    expect([...seen.bad].toSorted(), 'procedures that refused something').toEqual(all);
    expect(all).toEqual(
      procedures
        .filter(({ meta }) => meta?.route !== undefined)
        .map(({ name }) => name)
        .toSorted(),
    );
  },
  CALLS * 60 + 60_000,
);
