import type { Selectable } from 'kysely';
import type { Event } from '../../core/event.ts';
import { EVERY_TENANT } from '../../core/fan-out.ts';
import { ownerOf } from '../../core/owner.ts';
import type { Schema } from '../schema.ts';
import type { Batch } from './batch.ts';
import type { IndexedHook } from './indexed-hook.ts';
import type { Command } from './statement.ts';

/** A stored list of hooks. */
export type FanOutRow = Selectable<Schema['bellwire_fan_outs']>;

/** Stores the hooks of an event that do not fit its batch, inside the open transaction. */
export type WriteFanOut = (
  event: Pick<Event, 'workspace_id' | 'tenant' | 'id'>,
  hooks: readonly IndexedHook[],
  batch: Batch,
) => void;

/** Stores lists of hooks, and knows the workspaces that have some. */
export interface FanOutWriter {
  readonly write: WriteFanOut;
  /** Whether an event of the workspace has stored hooks. */
  readonly isWaiting: (workspace_id: string) => boolean;
}

/** Hooks per row. Rows are processed whole, so a slice can exceed its limit by this much. */
const SLICE = 128;

/**
 * An ordered hook of every tenant: its deliveries are stored in the order of the events of all tenants, so they cannot
 * wait in the turns of each.
 */
const isShared = ({ ordered, tenant }: IndexedHook): boolean => ordered && tenant === EVERY_TENANT;

const inSlices = (hooks: readonly IndexedHook[]): readonly (readonly IndexedHook[])[] =>
  Array.from({ length: Math.ceil(hooks.length / SLICE) }, (_, slice) =>
    hooks.slice(slice * SLICE, (slice + 1) * SLICE),
  );

/** A writer over a statement that inserts a list. */
export const createFanOutWriter =
  (insert: Command<FanOutRow>): WriteFanOut =>
  (event, hooks, batch) => {
    batch.has_fan_outs = true;
    const shared = hooks.filter(isShared);
    const own = shared.length === 0 ? hooks : hooks.filter((hook) => !isShared(hook));
    const [workspace_id, tenant] = ownerOf(event);
    const slices = [
      ...inSlices(shared).map((slice) => ({ tenant: '', slice })),
      ...inSlices(own).map((slice) => ({ tenant, slice })),
    ];
    for (const [position, { slice, tenant: owner }] of slices.entries()) {
      const hook_ids = JSON.stringify(slice.map(({ id }) => id));
      insert.run({ workspace_id, tenant: owner, event_id: event.id, position, hook_ids });
    }
  };
