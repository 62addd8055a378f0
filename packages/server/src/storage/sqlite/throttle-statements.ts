import type { Throttle } from '../../core/hook-throttle.ts';
import type { Schema } from '../schema.ts';
import type { ThrottleStatements } from '../store/hook-throttles.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';

type Row = Schema['bellwire_throttles'];

const STATE = [
  'state',
  'streak',
  'window_at',
  'window_attempts',
  'window_failures',
  'interval_ms',
  'probe_at',
  'probe_id',
  'width',
  'rate_used_until',
] as const satisfies readonly (keyof Throttle)[];

/** The statements of throttles, prepared on one connection. */
export const createThrottleStatements = ({ db, raw }: SqliteConnection): ThrottleStatements => ({
  upsert: prepare<Row>(raw, (param) =>
    db
      .insertInto('bellwire_throttles')
      .values(columns(param, ['hook_id', 'workspace_id', ...STATE]))
      .onConflict((conflict) =>
        conflict
          .column('hook_id')
          .doUpdateSet((eb) => Object.fromEntries(STATE.map((name) => [name, eb.ref(`excluded.${name}`)]))),
      ),
  ),
  remove: prepare<{ hook_id: string }>(raw, (param) =>
    db.deleteFrom('bellwire_throttles').where('hook_id', '=', param('hook_id')),
  ),
});
