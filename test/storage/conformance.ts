import { describe, it } from 'vitest';
import type { StoreUnderTest } from '../support/test-store.ts';
import { claiming } from './conformance/claiming.ts';
import { decisions } from './conformance/decisions.ts';
import { fanOut } from './conformance/fan-out.ts';
import { hookFilters } from './conformance/hook-filters.ts';
import { hookHealth } from './conformance/hook-health.ts';
import { idempotency } from './conformance/idempotency.ts';
import { type Check, createKit } from './conformance/kit.ts';
import { largeFanOuts } from './conformance/large-fan-outs.ts';
import { manual } from './conformance/manual.ts';
import { ordering } from './conformance/ordering.ts';
import { orderingFanOuts } from './conformance/ordering-fan-outs.ts';
import { pruning } from './conformance/pruning.ts';
import { reading } from './conformance/reading.ts';
import { recovery } from './conformance/recovery.ts';
import { settling } from './conformance/settling.ts';
import { statistics } from './conformance/statistics.ts';
import { stopping } from './conformance/stopping.ts';
import { tenants } from './conformance/tenants.ts';

const chapters = {
  'fan-out': fanOut,
  'large fan-outs': largeFanOuts,
  'filters of hooks': hookFilters,
  tenants,
  idempotency,
  'settling leases': settling,
  'decisions of core': decisions,
  'hook health': hookHealth,
  claiming,
  'manual attempts': manual,
  'ordered hooks': ordering,
  'large fan-outs to ordered hooks': orderingFanOuts,
  'switching hooks off': stopping,
  recovery,
  pruning,
  reading,
  statistics,
};

/** The guarantees of the Store port. `open` returns an empty store. */
export const describeStore = (name: string, open: () => Promise<StoreUnderTest>): void => {
  const check: Check = (guarantee, prove) =>
    it(guarantee, async () => {
      await using kit = createKit(await open());
      await prove(kit);
    });
  describe(`the store on ${name}`, () => {
    for (const [chapter, register] of Object.entries(chapters)) describe(chapter, () => register(check));
  });
};
