import type { Client } from '@bellwire/client';
import { apiVerb } from '../frame/verb.ts';
import { filters } from './filters.ts';
import { followRecovery, printCounts } from './follow-recovery.ts';
import { selectionFlags, statusesFlag } from './selection-flags.ts';

type Cancel = Omit<NonNullable<Parameters<Client['deliveries']['cancel']>[0]>, 'delivery_ids' | 'dry_run'> & {
  readonly yes?: boolean;
};

/** `deliveries cancel` */
export const cancel = apiVerb<Cancel>({
  usage: 'cancel',
  about: 'Cancel pending and held deliveries: they are never sent.',
  more: 'Without --yes, it only counts them.',
  flags: [
    filters.hook,
    { ...filters.since, required: true },
    ...selectionFlags,
    statusesFlag(['pending', 'held'], 'both'),
    { flags: '--yes', about: 'cancel the matches instead of only counting them' },
  ],
  examples: [
    'deliveries cancel --hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc --since 24h',
    'deliveries cancel --hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc --since 24h --yes',
  ],
  run: async (client, { yes = false, ...fields }, session) => {
    const { out } = session;
    const created = await client.deliveries.cancel({ ...fields, dry_run: !yes });
    if (created.id === null) {
      out.print(created, (counted) => `Would cancel ${printCounts(counted)}.`);
      if (created.total > 0) out.note('Add --yes to cancel them.');
      return;
    }
    out.print(
      await followRecovery(client, created.id, session),
      (ended) => `Canceled ${printCounts(ended)}.`,
    );
  },
});
