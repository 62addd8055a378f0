import { z } from 'zod';
import type { Erasure } from '../../ports/erasures.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';

const count = (description: string, example: number) => described(z.int(), description, example);

export const erasureView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.erasure_id),
    workspace_id: described(z.string(), 'The workspace.', EXAMPLE.workspace_id),
    tenant: described(z.string().nullable(), 'The tenant; null for the whole workspace.', EXAMPLE.tenant),
    status: described(
      z.enum(['running', 'completed']),
      '`completed`: the rows are deleted, and their bytes are gone from the database file and its write-ahead log.',
      'running',
    ),
    progress: described(
      z.enum(['hooks', 'events', 'stats', 'records', 'scrub', 'completed']),
      'What it does: it stops the hooks, deletes the events with their deliveries, deletes the statistics, deletes the remaining records, and overwrites what they left in the database file.',
      'events',
    ),
    deleted: z
      .object({
        hooks: count('Hooks.', 0),
        events: count('Events.', 1_200),
        deliveries: count('Deliveries, with their attempts.', 2_400),
      })
      .meta({ description: 'What has been deleted so far.' }),
    created_at: shownTime('When it was created. What was created later is not erased.'),
    completed_at: shownTimeOrNull('When it completed.', null),
  })
  .meta({ id: 'Erasure', description: 'A stored job that deletes everything of a tenant or a workspace.' });

export const viewErasure = (erasure: Erasure): z.infer<typeof erasureView> => ({
  id: erasure.id,
  workspace_id: erasure.workspace_id,
  tenant: erasure.tenant,
  status: erasure.phase === 'completed' ? 'completed' : 'running',
  progress: erasure.phase,
  deleted: { ...erasure.tally },
  created_at: iso(erasure.created_at),
  completed_at: isoOrNull(erasure.completed_at),
});
