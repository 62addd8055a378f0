import { describe, expect, it } from 'vitest';
import { claiming } from './conformance/claiming.ts';
import { decisions } from './conformance/decisions.ts';
import { fanOut } from './conformance/fan-out.ts';
import { hookHealth } from './conformance/hook-health.ts';
import { idempotency } from './conformance/idempotency.ts';
import { type Check, createKit, type StoreUnderTest } from './conformance/kit.ts';
import { manual } from './conformance/manual.ts';
import { reading } from './conformance/reading.ts';
import { largeFanOuts } from './conformance/large-fan-outs.ts';
import { stopping } from './conformance/stopping.ts';
import { tenants } from './conformance/tenants.ts';
import { recovery } from './conformance/recovery.ts';
import { settling } from './conformance/settling.ts';

export interface StoreSuiteOptions {
  /** Guarantees that a database is excused from, with the reason. A name that does not exist fails. */
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

const chapters: Readonly<Record<string, (check: Check) => void>> = {
  'fan-out': fanOut,
  'large fan-outs': largeFanOuts,
  tenants,
  idempotency,
  'settling leases': settling,
  'decisions of core': decisions,
  'hook health': hookHealth,
  claiming,
  'manual attempts': manual,
  'switching hooks off': stopping,
  recovery,
  reading,
};

/** What every database's store must do, through the Store port only. `createStore` answers an empty one. */
export const describeStore = (
  name: string,
  createStore: () => Promise<StoreUnderTest>,
  { skip = [] }: StoreSuiteOptions = {},
): void => {
  describe(`the store on ${name}`, () => {
    const unknown = new Set(skip.map(({ test }) => test));
    const check: Check = (guarantee, prove) => {
      unknown.delete(guarantee);
      const excused = skip.find(({ test }) => test === guarantee);
      if (excused !== undefined) {
        it.skip(`${guarantee} (${excused.reason})`);
        return;
      }
      it(guarantee, async () => {
        await using kit = createKit(await createStore());
        await prove(kit);
      });
    };
    for (const [chapter, register] of Object.entries(chapters)) describe(chapter, () => register(check));
    it('is excused from nothing that does not exist', () => {
      expect([...unknown]).toEqual([]);
    });
  });
};
