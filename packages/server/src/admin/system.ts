import type { Clock } from '../ports/clock.ts';
import type { FileSizes, Store } from '../ports/store.ts';
import type { SystemFacts } from '../ports/system.ts';

export interface SystemOptions {
  readonly system: SystemFacts;
  readonly retention_ms: number | null;
  readonly payload_retention_ms: number | null;
  readonly clock: Pick<Clock, 'now'>;
  readonly store: Pick<Store, 'fileSizes'>;
}

/** The state of this process. */
export interface SystemState extends SystemFacts {
  readonly started_at: number;
  readonly retention_ms: number | null;
  readonly payload_retention_ms: number | null;
  readonly files: FileSizes;
}

/** Reads the state of this process, which starts now. */
export const createReadSystem = ({ system, clock, store, ...retention }: SystemOptions) => {
  const { retention_ms, payload_retention_ms } = retention;
  const facts = { ...system, started_at: clock.now(), retention_ms, payload_retention_ms };
  return async (): Promise<SystemState> => ({ ...facts, files: await store.fileSizes() });
};
