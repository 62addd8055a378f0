import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyStepTo, routes, type Step } from '../support/any-step.ts';
import { expectDocumented, operation } from '../support/openapi.ts';
import { RAW_SENTENCE } from '../support/raw-sentences.ts';
import { startReceiver } from '../support/receiver.ts';
import { deterministic, firstDifference } from '../support/deterministic.ts';
import { type Outcomes, startSurfacePair } from '../support/surface-pair.ts';
import { comparable, type Outcome, procedures, successOf } from '../support/two-surfaces.ts';

// The full form is `pnpm experiment property`.
const CALLS = Number(process.env['PROPERTY_CALLS'] ?? 4_000);
const SEED = Number(process.env['PROPERTY_SEED'] ?? 20_261_122);
/** Calls between two comparisons of the stored state. */
const COMPARE_EVERY = 1_000;

const AS_ADMIN = { key: 'admin', workspace: null, rest_only: { alias: -1, by_header: false } };

/** Whether the outcome is a list with rows. */
const hasRows = ({ value }: Outcome): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'next_cursor' in value &&
  (value as unknown as { readonly data: readonly unknown[] }).data.length > 0;

const expectSame = (where: string, { name }: Step, { rest, trpc, answer }: Outcomes): void => {
  expect(rest.status, `${where}: ${answer.text}`).toBeLessThan(500);
  const [left, right] = [rest, trpc].map((outcome) => comparable(name, outcome, deterministic));
  expect(firstDifference(left!, right!), where).toBeNull();
  for (const { error } of [rest, trpc]) expect(JSON.stringify(error), where).not.toMatch(RAW_SENTENCE);
  if (rest.error !== null) expect(rest.status, where).toBe(trpc.status);
  else expect([rest.status, trpc.status], where).toEqual([successOf(name, rest.value), 200]);
  expectDocumented(operation(name), answer);
};

/** The calls that skip a failed delivery of an ordered hook, which random calls rarely meet. */
const skipping = (url: string): readonly Step[] =>
  [
    { name: 'hooks.create', input: { url, events: ['skipped'], ordered: true, max_attempts: 1 } },
    { name: 'events.send', input: { type: 'skipped', data: {} } },
    { name: 'deliveries.list', input: { event_id: '@evt:0' } },
    { name: 'deliveries.skip', input: { delivery_id: '@dlv:0' } },
    { name: 'hooks.delete', input: { hook_id: '@wh:0' } },
  ].map((step) => ({ ...step, ...AS_ADMIN }));

it(
  `REST and /trpc give the same answers and store the same state (${CALLS} calls, seed ${SEED})`,
  async () => {
    // Half of the events succeed, by their lengths, which are the same on both sides: an open breaker would send at other
    // moments on each side.
    await using receiver = await startReceiver(({ path, body }) =>
      path === '/never' || (path.startsWith('/fail') && body.length % 2 === 0) ? { status: 500 } : {},
    );
    await using pair = await startSurfacePair();
    const seen = { good: new Set<string>(), bad: new Set<string>(), full: new Set<string>() };
    const codes = new Set<string>();
    const expectSameState = async (where: string): Promise<void> => {
      const [left, right] = await pair.states();
      expect(firstDifference(deterministic(left), deterministic(right)), where).toBeNull();
    };
    const random = fc.sample(anyStepTo(receiver.origin), { seed: SEED, numRuns: CALLS });
    const steps = [...skipping(`${receiver.origin}/never`), ...random];
    for (const [nth, step] of steps.entries()) {
      const where = `call ${nth} of seed ${SEED}: ${JSON.stringify(step)}`;
      const outcomes = await pair.call(step);
      expectSame(where, step, outcomes);
      seen[outcomes.rest.error === null ? 'good' : 'bad'].add(step.name);
      if (hasRows(outcomes.rest)) seen.full.add(step.name);
      if (outcomes.rest.error !== null) codes.add(outcomes.rest.error.code);
      if (nth % COMPARE_EVERY === COMPARE_EVERY - 1) await expectSameState(`after ${where}`);
    }
    await expectSameState('at the end');
    const all = routes.map(({ name }) => name).toSorted();
    expect([...seen.good].toSorted(), 'procedures that succeeded').toEqual(all);
    expect([...seen.bad].toSorted(), 'procedures that were refused').toEqual(all);
    expect([...seen.full].toSorted(), 'lists with rows').toEqual(
      routes
        .filter(({ input }) => Object.hasOwn(input.shape, 'cursor'))
        .map(({ name }) => name)
        .toSorted(),
    );
    expect([...codes], 'codes of refusals').toEqual(
      expect.arrayContaining([
        'already_exists',
        'delivery_canceled',
        'forbidden',
        'idempotency_conflict',
        'in_use',
        'invalid_input',
        'not_found',
        'unauthenticated',
      ]),
    );
    expect(all).toEqual(
      procedures
        .filter(({ meta }) => meta?.route !== undefined)
        .map(({ name }) => name)
        .toSorted(),
    );
  },
  CALLS * 60 + 60_000,
);
