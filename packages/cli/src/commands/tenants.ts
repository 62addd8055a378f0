import type { Tenant } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { printRecord } from '../print/record.ts';
import { printErasure } from './erasures.ts';
import { tenantStats } from './stats.ts';
import { type Pairs, metadataFlag, toMetadata } from './metadata-flag.ts';

const TENANT = { tenant: 'your own id of the customer' };

interface One {
  readonly tenant: string;
}

interface Update extends One {
  readonly metadata?: Pairs;
  readonly max_hooks?: number | null;
  readonly events_per_second?: number | null;
}

/** The text `default` removes a limit that was set. */
const readLimit = (text: string): number | null => (text === 'default' ? null : Number(text));

const list = listVerb<{}, Tenant>({
  about: 'List your customers with the number of their hooks.',
  things: 'tenants',
  examples: [
    'tenants list',
    "tenants list --all --json | jq -r '.data[] | select(.hooks.disabled > 0).tenant'",
  ],
  list: ({ tenants }, query) => tenants.list(query),
  columns: [
    { title: 'TENANT', of: ({ tenant }) => tenant },
    { title: 'ACTIVE', of: ({ hooks }) => hooks.active },
    { title: 'FAILING', of: ({ hooks }) => hooks.failing },
    { title: 'PAUSED', of: ({ hooks }) => hooks.paused },
    { title: 'DISABLED', of: ({ hooks }) => hooks.disabled },
    { title: 'CREATED', of: ({ created_at }) => created_at },
  ],
});

const get = apiVerb<One>({
  usage: 'get <tenant>',
  about: 'Show one customer.',
  arguments: TENANT,
  examples: ['tenants get cus_42'],
  run: async ({ tenants }, { tenant }, { out }) => out.print(await tenants.get(tenant), printRecord),
});

const update = apiVerb<Update>({
  usage: 'update <tenant>',
  about: 'Replace the metadata of a customer or set its limits; creates the tenant if it does not exist.',
  arguments: TENANT,
  flags: [
    metadataFlag,
    {
      flags: '--max-hooks <number>',
      about: 'maximum number of its hooks, or "default" (1000)',
      read: readLimit,
    },
    {
      flags: '--events-per-second <number>',
      about: 'maximum rate at which its events are accepted, or "default" (no limit)',
      read: readLimit,
    },
  ],
  examples: [
    'tenants update cus_42 --metadata plan=team --metadata region=eu',
    'tenants update cus_42 --max-hooks 100 --events-per-second 50',
  ],
  run: async ({ tenants }, { tenant, metadata, ...limits }, { out }) => {
    const changed = Object.keys(limits).length === 0 ? {} : { limits };
    out.print(await tenants.update(tenant, { ...toMetadata(metadata), ...changed }), printRecord);
  },
});

const remove = apiVerb<One & { readonly yes?: boolean }>({
  usage: 'delete <tenant>',
  about: 'Erase a customer: its hooks, events, deliveries and attempts.',
  more: 'Nothing can bring them back, except a backup. Without --yes, it only shows the customer.',
  arguments: TENANT,
  flags: [{ flags: '--yes', about: 'erase the customer instead of only showing it' }],
  examples: ['tenants delete cus_42 --yes'],
  run: async (client, { tenant, yes = false }, { out }) => {
    if (yes) {
      printErasure(out, await client.tenants.delete(tenant));
      return;
    }
    out.print(await client.tenants.get(tenant), printRecord);
    out.note('Add --yes to erase it.');
  },
});

interface PortalLink extends One {
  readonly expires_in?: number;
  readonly read_only?: boolean;
  readonly return_url?: string;
}

const portalLink = apiVerb<PortalLink>({
  usage: 'portal-link <tenant>',
  about: 'Create a link with which a customer manages their own hooks. It works once, within 10 minutes.',
  arguments: TENANT,
  flags: [
    {
      flags: '--expires-in <seconds>',
      about: 'how long the session lasts, from 60 to 86400 (default: 3600)',
      read: Number,
    },
    { flags: '--read-only', about: 'the customer cannot change anything' },
    { flags: '--return-url <url>', about: 'where the page links back to' },
  ],
  examples: ['tenants portal-link cus_42', 'tenants portal-link cus_42 --read-only --expires-in 600'],
  run: async ({ tenants }, { tenant, ...fields }, { out }) => {
    out.print(await tenants.createPortalSession(tenant, fields), printRecord);
    out.note('Open it in the browser of the customer. It works once.');
  },
});

const revokePortal = apiVerb<One>({
  usage: 'revoke-portal <tenant>',
  about: 'End all portal links and sessions of a customer.',
  arguments: TENANT,
  examples: ['tenants revoke-portal cus_42'],
  run: async ({ tenants }, { tenant }, { out }) =>
    out.print(await tenants.revokePortalSessions(tenant), () => `Revoked the portal of ${tenant}.`),
});

export const tenants: Noun = {
  name: 'tenants',
  about: 'Your customers, by your own ids.',
  verbs: [list, get, tenantStats, update, portalLink, revokePortal, remove],
};
