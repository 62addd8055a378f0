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
}

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
  about: 'Replace the metadata of a customer; creates the tenant if it does not exist.',
  arguments: TENANT,
  flags: [metadataFlag],
  examples: ['tenants update cus_42 --metadata plan=team --metadata region=eu'],
  run: async ({ tenants }, { tenant, metadata }, { out }) => {
    out.print(await tenants.update(tenant, toMetadata(metadata)), printRecord);
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

export const tenants: Noun = {
  name: 'tenants',
  about: 'Your customers, by your own ids.',
  verbs: [list, get, tenantStats, update, remove],
};
