import { z } from 'zod';
import { maxHooksOf } from '../../core/limits.ts';
import type { Tenant } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described, metadata } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

const count = (description: string, example: number) => described(z.int(), description, example);

export const tenantView = z
  .object({
    tenant: described(z.string(), 'Your own id of the customer.', EXAMPLE.tenant),
    metadata,
    limits: z
      .object({
        max_hooks: count('Maximum number of its hooks.', 1000),
        events_per_second: described(
          z.int().nullable(),
          'Maximum rate at which its events are accepted; null for no limit.',
          50,
        ),
      })
      .meta({ description: 'Its limits: those that were set, or the defaults.' }),
    hooks: z
      .object({
        active: count('Hooks that events are sent to.', 2),
        failing: count('Active hooks whose last attempt failed.', 0),
        paused: count('Hooks paused by you.', 0),
        disabled: count('Hooks disabled by Bellwire after too many failures or a 410.', 0),
        unvalidated: count('Hooks whose receiver has not been validated yet.', 0),
      })
      .meta({ description: 'The number of its hooks by status.' }),
    created_at: shownTime('When it was first used.'),
  })
  .meta({ id: 'Tenant', description: 'One of your customers, with the state of its hooks.' });

export const viewTenant = ({
  created_at,
  metadata: stored,
  limits,
  ...tenant
}: Tenant): z.infer<typeof tenantView> => ({
  ...tenant,
  metadata: { ...stored },
  limits: { ...limits, max_hooks: maxHooksOf(limits) },
  created_at: iso(created_at),
});
