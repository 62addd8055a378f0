import { z } from 'zod';
import { described, hookId, tenantId } from './fields.ts';
import { invalidInput } from './to-error.ts';
import { READS_OWN_LIST } from './portal.ts';
import type { ProcedureMeta } from './trpc.ts';
import { streamEventView } from './views/change.ts';

const input = z.strictObject({
  tenant: tenantId.optional(),
  hook_id: hookId.optional(),
  last_event_id: described(
    z.string().max(64),
    'Resumes after this event, like the header `Last-Event-ID`, which takes precedence.',
    'mgr2k1d8-42',
  ).optional(),
});

/** The stream of changes. It is not a procedure: REST alone serves it. */
export const streamCall = {
  name: 'stream.open',
  input,
  output: streamEventView,
  path: '/stream',
  meta: {
    scope: 'read',
    portal: READS_OWN_LIST,
    summary: 'Stream changes',
    description:
      'Server-sent events about committed changes of the workspace, in batches of about 100 ms; several changes of a delivery within a batch are one event with its latest state. Read what you show after the response has begun, then apply the events. `delivery`: a delivery was created or changed, as in a list. `hook`: a hook changed. `recovery`: the progress of a recovery. `deliveries_changed`: many deliveries changed; read them again. `reset`: changes were missed, because the client read too slowly, was away for more than 2,000 events or a minute, or the server was restarted; read everything again. A comment every 15 s keeps the connection open. The stream ends when its API key is deleted and when the server shuts down.',
    errors: ['too_many_requests', 'overloaded', 'shutting_down'],
  } satisfies ProcedureMeta,
} as const;

/** @throws BellwireError `invalid_input` */
export const readStreamInput = (fields: unknown): z.infer<typeof input> => {
  const { success, data, error } = input.safeParse(fields);
  if (!success) throw invalidInput(error);
  return data;
};
