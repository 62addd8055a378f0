import { BellwireError, DATABASE_RETRY_S } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';

/** The result of a read, or a BellwireError `storage_failed` if it is late. The read itself continues. */
export type InTime = <T>(read: Promise<T>) => Promise<T>;

/** For a database that always answers. */
export const atAnyTime: InTime = (read) => read;

export const createInTime =
  (clock: Pick<Clock, 'after'>, limit_ms: number): InTime =>
  (read) =>
    new Promise((resolve, reject) => {
      const late = (): void =>
        reject(
          new BellwireError('storage_failed', 'The database does not answer. Try again later.', {
            retry_after_s: DATABASE_RETRY_S,
          }),
        );
      const cancel = clock.after(limit_ms, late, { keeps_alive: false });
      read.then(resolve, reject).finally(cancel);
    });
