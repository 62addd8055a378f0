import type { BulkChange } from '../core/changes.ts';
import type { Change, ChangedHook, ChangedRow, Changes, ChangeSource } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Recovery } from '../ports/recoveries.ts';
import type { Repositories } from '../ports/repositories.ts';
import { CHANGED_MAX, PendingChanges } from './pending-changes.ts';

export interface ChangeFeedOptions {
  readonly repositories: {
    readonly deliveries: Pick<Repositories['deliveries'], 'named'>;
    readonly hooks: Pick<Repositories['hooks'], 'get'>;
    readonly recoveries: Pick<Repositories['recoveries'], 'get'>;
    readonly owned: Pick<Repositories['owned'], 'tenantsOfHooks'>;
  };
  readonly clock: Clock;
  readonly log: Log;
}

/** Changes are collected for this long, so that one read serves all of them. */
const BATCH_MS = 100;

interface Watched {
  pending: PendingChanges;
  /** A batch is being read or is scheduled. */
  is_busy: boolean;
  readonly onChanges: (changes: readonly Change[]) => void;
}

const ofRecovery = (recovery: Recovery): readonly Change[] => {
  const { hook_id, tenant } = recovery.filter;
  const reason = recovery.kind === 'cancel' ? 'canceled' : 'recovered';
  return [
    { kind: 'recovery', recovery },
    { kind: 'deliveries_changed', reason, hook_id, tenant, owner: recovery.owner },
  ];
};

/**
 * Collects committed changes of watched workspaces by id, and reads what they are now once per batch. The commit path
 * only adds an id to a set, and not even that for a workspace that is not watched.
 */
export class ChangeFeed implements Changes, ChangeSource {
  readonly #options: ChangeFeedOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  /** One watcher per workspace: a second one throws. */
  watch(workspace_id: string, onChanges: (changes: readonly Change[]) => void): () => void {
    if (this.#watched.has(workspace_id)) throw new Error(`${workspace_id} is watched already`);
    const watched: Watched = { pending: new PendingChanges(), is_busy: false, onChanges };
    this.#watched.set(workspace_id, watched);
    return () => {
      if (this.#watched.get(workspace_id) === watched) this.#watched.delete(workspace_id);
    };
  }

  delivery({ workspace_id, id }: ChangedRow): void {
    if (this.#watched.size > 0) this.#note(workspace_id, (pending) => pending.addRow('deliveries', id));
  }

  event({ workspace_id, id }: ChangedRow): void {
    if (this.#watched.size > 0) this.#note(workspace_id, (pending) => pending.addRow('events', id));
  }

  hook(workspace_id: string, changed: ChangedHook): void {
    this.#note(workspace_id, (pending) => pending.addHook(changed));
  }

  recovery({ workspace_id, id }: ChangedRow): void {
    this.#note(workspace_id, (pending) => pending.addRecovery(id));
  }

  bulk(workspace_id: string | null, change: BulkChange): void {
    const ids = workspace_id === null ? [...this.#watched.keys()] : [workspace_id];
    for (const id of ids) this.#note(id, (pending) => pending.addBulk(change));
  }

  #note(workspace_id: string, add: (pending: PendingChanges) => void): void {
    const watched = this.#watched.get(workspace_id);
    if (watched === undefined) return;
    add(watched.pending);
    if (!watched.is_busy) this.#schedule(workspace_id, watched);
  }

  #schedule(workspace_id: string, watched: Watched): void {
    watched.is_busy = true;
    this.#options.clock.after(BATCH_MS, () => void this.#publish(workspace_id, watched), {
      keeps_alive: false,
    });
  }

  /** One at a time for each workspace, so that a later state is never published before an earlier one. */
  async #publish(workspace_id: string, watched: Watched): Promise<void> {
    const { pending } = watched;
    watched.pending = new PendingChanges();
    const isWatched = () => this.#watched.get(workspace_id) === watched;
    if (!isWatched()) return;
    const changes = await this.#read(workspace_id, pending);
    if (!isWatched()) return;
    try {
      if (changes.length > 0) watched.onChanges(changes);
    } catch (error) {
      this.#options.log.error('could not publish changes', { workspace_id, reason: String(error) });
    }
    watched.is_busy = false;
    if (!watched.pending.isEmpty) this.#schedule(workspace_id, watched);
  }

  async #read(workspace_id: string, pending: PendingChanges): Promise<readonly Change[]> {
    const found: Change[] = [];
    try {
      found.push(...(await this.#hooks(workspace_id, pending)));
      found.push(...(await this.#deliveries(workspace_id, pending)));
      for (const id of pending.recoveries) {
        const recovery = await this.#options.repositories.recoveries.get(workspace_id, id);
        if (recovery !== null) found.push(...ofRecovery(recovery));
      }
    } catch (error) {
      this.#options.log.warn('could not read what changed; open streams get only a hint', {
        workspace_id,
        reason: String(error),
      });
      pending.addBurst();
    }
    return [...found, ...(await this.#bulk(workspace_id, pending))];
  }

  async #bulk(workspace_id: string, { bulk }: PendingChanges): Promise<readonly Change[]> {
    const hook_ids = bulk.flatMap(({ hook_id }) => hook_id ?? []);
    const { tenantsOfHooks } = this.#options.repositories.owned;
    const tenants = await tenantsOfHooks(workspace_id, hook_ids).catch(() => new Map<string, null>());
    return bulk.map((change): Change => {
      const owner = change.hook_id === null ? null : (tenants.get(change.hook_id) ?? null);
      return { kind: 'deliveries_changed', ...change, owner };
    });
  }

  async #hooks(workspace_id: string, { hooks }: PendingChanges): Promise<readonly Change[]> {
    const read = [...hooks.values()].map(async (changed): Promise<Change> => {
      const hook = await this.#options.repositories.hooks.get(workspace_id, changed.hook_id);
      return { kind: 'hook', ...changed, tenant: hook?.tenant ?? changed.tenant, hook };
    });
    return Promise.all(read);
  }

  async #deliveries(workspace_id: string, pending: PendingChanges): Promise<readonly Change[]> {
    const [delivery_ids, event_ids] = [[...pending.deliveries], [...pending.events]];
    if (delivery_ids.length + event_ids.length === 0) return [];
    const limit = CHANGED_MAX;
    const { named } = this.#options.repositories.deliveries;
    const found = await named(workspace_id, { delivery_ids, event_ids, limit });
    if (found.length >= limit) pending.addBurst();
    return found.map((delivery): Change => ({ kind: 'delivery', delivery }));
  }
}
