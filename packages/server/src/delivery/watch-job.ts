import { BACKLOG_AGE, isCrossed, isDiskLow, lowDiskBytes } from '../core/operational-events.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Store, VolumeSpace } from '../ports/store.ts';
import type { Job } from './job-runner.ts';
import type { Notices } from './notices.ts';
import { createRhythm } from './rhythm.ts';

export interface WatchJobOptions {
  readonly store: Pick<Store, 'fileSizes'>;
  readonly hooks: Pick<Repositories['hooks'], 'operationalWorkspaces'>;
  readonly stats: Pick<Repositories['stats'], 'oldestDue'>;
  readonly notices: Pick<Notices, 'add' | 'hasSubscriber'>;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 10_000;
const WORKSPACES_MAX = 1_000;

const iso = (time: number): string => new Date(time).toISOString();

/**
 * Watches the backlog and the free space of the disk, and reports each once when it crosses its threshold, and again only
 * after it has recovered. The state is in memory: after a restart, a crossing is reported again.
 */
class Watch {
  readonly #options: WatchJobOptions;
  /** The workspaces that know of their backlog. */
  readonly #behind = new Set<string>();
  /** The workspaces that know of the disk. */
  readonly #informed = new Set<string>();
  #is_disk_low = false;
  readonly #isDue: () => boolean;

  constructor(options: WatchJobOptions) {
    this.#options = options;
    this.#isDue = createRhythm(options.clock, EVERY_MS);
  }

  async check(): Promise<void> {
    if (!this.#isDue()) return;
    const workspaces = await this.#options.hooks.operationalWorkspaces(WORKSPACES_MAX);
    await this.#checkDisk(workspaces);
    await this.#checkBacklog(workspaces);
  }

  async #checkDisk(workspaces: readonly string[]): Promise<void> {
    const { volume } = await this.#options.store.fileSizes();
    if (volume === null) return;
    const was_low = this.#is_disk_low;
    this.#is_disk_low = isDiskLow(was_low, volume);
    if (this.#is_disk_low !== was_low) this.#logDisk(volume);
    if (!this.#is_disk_low) this.#informed.clear();
    else for (const workspace_id of workspaces) await this.#reportDisk(workspace_id, volume);
  }

  #logDisk(volume: VolumeSpace): void {
    const { log } = this.#options;
    if (this.#is_disk_low) log.warn('the disk is almost full', { ...volume });
    else log.info('the disk has enough free space again', { ...volume });
  }

  async #reportDisk(workspace_id: string, volume: VolumeSpace): Promise<void> {
    const { notices, clock } = this.#options;
    const type = 'bellwire.disk.low';
    if (this.#informed.has(workspace_id) || !(await notices.hasSubscriber(workspace_id, type))) return;
    this.#informed.add(workspace_id);
    const threshold_bytes = lowDiskBytes(volume.total_bytes);
    const data = { ...volume, threshold_bytes, measured_at: iso(clock.now()) };
    notices.add({ workspace_id, type, hook_id: null, data });
  }

  async #checkBacklog(workspaces: readonly string[]): Promise<void> {
    const { stats, clock } = this.#options;
    if (workspaces.length === 0) return;
    const now = clock.now();
    const oldest = await stats.oldestDue(now);
    for (const workspace_id of workspaces) {
      const due_at = oldest.get(workspace_id) ?? now;
      if (!isCrossed(this.#behind.has(workspace_id), now - due_at, BACKLOG_AGE)) {
        this.#behind.delete(workspace_id);
      } else if (!this.#behind.has(workspace_id)) {
        await this.#reportBacklog(workspace_id, { due_at, now });
      }
    }
  }

  async #reportBacklog(
    workspace_id: string,
    { due_at, now }: { readonly due_at: number; readonly now: number },
  ): Promise<void> {
    const { notices } = this.#options;
    const type = 'bellwire.backlog.high';
    if (!(await notices.hasSubscriber(workspace_id, type))) return;
    this.#behind.add(workspace_id);
    const data = {
      oldest_due_at: iso(due_at),
      age_seconds: Math.floor((now - due_at) / 1000),
      threshold_seconds: BACKLOG_AGE.high / 1000,
      measured_at: iso(now),
    };
    notices.add({ workspace_id, type, hook_id: null, data });
  }
}

/** Checks the backlog and the disk every ten seconds. */
export const createWatchJob = (options: WatchJobOptions): Job => {
  const watch = new Watch(options);
  return {
    name: 'watch',
    advance: async () => {
      await watch.check();
      return false;
    },
  };
};
