import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Erasure, Erasures } from '../ports/erasures.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Job } from './job-runner.ts';

export interface ErasureJobOptions {
  readonly erasures: Erasures;
  readonly store: Pick<Store, 'requestScrub' | 'completedScrub'>;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly log: Log;
}

/**
 * Advances every erasure by one slice. Once the rows of one are deleted, it completes with the next scrub of the database
 * file that began afterwards.
 */
export const createErasureJob = ({ erasures, store, clock, log, changes }: ErasureJobOptions): Job => {
  /** The passes for which erasures wait. After a restart, each waits for a new pass. */
  const passes = new Map<string, number>();

  const finish = async ({ id, workspace_id, tenant }: Erasure): Promise<void> => {
    const pass = passes.get(id) ?? (await store.requestScrub());
    passes.set(id, pass);
    if ((await store.completedScrub()) < pass) return;
    await erasures.complete(id, clock.now());
    passes.delete(id);
    log.info('completed an erasure', { erasure_id: id, workspace_id, tenant });
  };

  return {
    name: 'erasure',
    advance: async (limit) => {
      let has_more = false;
      for (const erasure of await erasures.running()) {
        if (erasure.phase === 'scrub') {
          await finish(erasure);
          continue;
        }
        if ((await erasures.advance(erasure, { limit, now: clock.now() })) === 'more') has_more = true;
        const { workspace_id, tenant } = erasure;
        changes.bulk(workspace_id, { reason: 'erased', hook_id: null, tenant });
      }
      return has_more;
    },
  };
};
