import type { Selectable } from 'kysely';
import type { Throttle } from '../../core/hook-throttle.ts';
import type { Schema } from '../schema.ts';

export type ThrottleRow = Selectable<Schema['bellwire_throttles']>;

/** The throttle of a row. */
export const toThrottle = (row: ThrottleRow): Throttle => {
  const { hook_id: _, workspace_id: __, ...throttle } = row;
  return throttle;
};
