import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import { fieldsOf } from '../core/filter/expression.ts';
import { parseFilter } from '../core/filter/parse-filter.ts';
import type { TriedEvent } from '../admin/try-filter.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { described, filterText, subscription, tenantId } from './fields.ts';
import { READS_OWN_LIST } from './portal.ts';
import { procedure, READ_ERRORS } from './trpc.ts';
import { issueView } from './views/error.ts';
import { iso, shownTime } from './views/shown.ts';
import { warningsView } from './views/warning.ts';

/** Maximum number of past events of one call. */
const EVENTS_MAX = 50;
const EVENTS_DEFAULT = 20;

const filterPreviewView = z
  .object({
    issues: z.array(issueView).meta({
      description: 'Why the filter would be refused; empty if a hook can have it.',
    }),
    warnings: warningsView('Fields that are not in the schema of some of the event types.'),
    matched: described(z.int(), 'Number of these events that the filter matches.', 1),
    events: z
      .array(
        z.object({
          event_id: described(z.string(), 'The id of the event.', EXAMPLE.event_id),
          type: described(z.string(), 'The event type.', EXAMPLE.event_type),
          tenant: described(z.string().nullable(), 'The customer that the event belongs to, or null.', null),
          created_at: shownTime('When it was accepted.'),
          result: described(
            z.enum(['match', 'no_match', 'failed']),
            'Whether the hook would have got it. `failed`: it has too many values to search, so the hook would have got it.',
            'match',
          ),
        }),
      )
      .meta({ description: 'Past events, newest first; empty if the filter cannot be read.' }),
    truncated: described(z.boolean(), 'Whether events were left out because their data is large.', false),
  })
  .meta({ id: 'FilterPreview', description: 'The results of a filter for past events.' });

/**
 * Customers cannot see the metadata of events, so their filters cannot read it.
 * @throws BellwireError `forbidden`
 */
export const assertPortalFilter = (
  { portal_tenant }: { readonly portal_tenant: string | undefined },
  filter: string | null | undefined,
): void => {
  if (portal_tenant === undefined || typeof filter !== 'string') return;
  const parsed = parseFilter(filter);
  if (!parsed.ok || !fieldsOf(parsed.expression).some(({ root }) => root === 'metadata')) return;
  throw new BellwireError(
    'forbidden',
    'filter: $metadata cannot be used in the customer portal. Compare a field of the data.',
    { issues: [{ path: 'filter', message: '$metadata is not available in the customer portal' }] },
  );
};

const viewTried = ({ event, verdict }: TriedEvent) => ({
  event_id: event.id,
  type: event.type,
  tenant: event.tenant,
  created_at: iso(event.created_at),
  result: verdict,
});

/** The preview of a filter before a hook has it. */
export const createHookFilters = ({ tryFilter }: RpcDeps) => ({
  tryFilter: procedure
    .meta({
      scope: 'workspace',
      portal: READS_OWN_LIST,
      route: { method: 'POST', path: '/webhooks/try-filter' },
      is_read: true,
      summary: 'Try a filter',
      description:
        'Checks a filter as if a hook had it, and evaluates it with the last events that such a hook would have been subscribed to, among the newest 2000 events and 4 MiB of data. Sends nothing and changes nothing.',
      errors: READ_ERRORS,
      example: { filter: 'order.total >= 100', events: ['order.*'] },
    })
    .input(
      z.strictObject({
        filter: filterText,
        events: described(z.array(subscription).min(1).max(500), 'The event types, as of a hook.', [
          'order.*',
        ]),
        tenant: described(
          z.union([tenantId, z.literal('*')]),
          'The customer, as of a hook: absent, only events without one are tried; `*` tries those of every tenant.',
          EXAMPLE.tenant,
        ).optional(),
        limit: described(
          z.int().min(1).max(EVENTS_MAX),
          `Maximum number of events. Default: ${EVENTS_DEFAULT}.`,
          EVENTS_DEFAULT,
        ).optional(),
      }),
    )
    .output(filterPreviewView)
    .mutation(async ({ ctx, input: { filter, events, tenant = null, limit = EVENTS_DEFAULT } }) => {
      assertPortalFilter(ctx, filter);
      const { workspace_id, portal_tenant } = ctx;
      const tried = { workspace_id, filter, events, tenant: portal_tenant ?? tenant, limit };
      const preview = await tryFilter(tried);
      return {
        issues: [...preview.issues],
        warnings: [...preview.warnings],
        matched: preview.events.filter(({ verdict }) => verdict === 'match').length,
        events: preview.events.map(viewTried),
        truncated: preview.is_truncated,
      };
    }),
});
