/**
 * - `hooks`: stops sending to the hooks.
 * - `events`: deletes events, deliveries and attempts.
 * - `stats`: deletes the statistics.
 * - `records`: deletes hooks, recoveries and, with a workspace, the rest of it.
 * - `scrub`: waits until the bytes of the deleted rows are gone from the files.
 * - `completed`.
 */
export type ErasurePhase = 'hooks' | 'events' | 'stats' | 'records' | 'scrub' | 'completed';

/** Rows deleted by a job. */
export interface ErasureTally {
  readonly hooks: number;
  readonly events: number;
  readonly deliveries: number;
}

export const NOTHING_ERASED: ErasureTally = { hooks: 0, events: 0, deliveries: 0 };

/**
 * The id before which everything of a kind is erased. Ids of one process sort by creation, so what is created after the
 * erasure of a tenant has a greater id. Of a workspace, everything is erased.
 */
export const boundOf = (
  { id, tenant }: { readonly id: string; readonly tenant: string | null },
  prefix: 'wh' | 'evt' | 'rcv' | 'aud',
): string => (tenant === null ? `${prefix}_~` : prefix + id.slice(id.indexOf('_')));
