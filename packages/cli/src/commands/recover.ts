import type { Client, Recovery } from '@bellwire/client';
import { choices } from '../frame/choices.ts';
import { wrongUsage } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';
import { filters } from './filters.ts';
import { followRecovery, printCounts } from './follow-recovery.ts';
import { selectionFlags, statusesFlag } from './selection-flags.ts';

type Recover = Omit<NonNullable<Parameters<Client['recoveries']['create']>[0]>, 'delivery_ids'>;

const STATUSES = choices<Recovery['statuses'][number]>({
  failed: true,
  held: true,
  pending: true,
  missed: true,
  succeeded: true,
});

const NOTHING = 'Nothing to send: no delivery matches.';

/** `bellwire recover` */
export const recover = apiVerb<Recover>({
  usage: 'recover [hook_id]',
  about: 'Send again what a receiver missed during an outage: failed, held and pending deliveries.',
  more: 'Deliveries are sent oldest first, and each starts its retry schedule again. Without a hook, it covers every active hook that the filters match.',
  arguments: { hook_id: 'the id of one hook' },
  flags: [
    { ...filters.since, required: true },
    ...selectionFlags,
    statusesFlag(STATUSES, 'failed,held,pending'),
    { flags: '--dry-run', about: 'only count the matches' },
  ],
  examples: [
    'recover wh_01jd7a9f3k5w2q8z6m4v0t7xbc --since 1h',
    'recover wh_01jd7a9f3k5w2q8z6m4v0t7xbc --since 2026-11-21T10:00:00Z --status missed --dry-run',
    'recover --tenant cus_42 --since 24h --status failed',
  ],
  run: async (client, { dry_run = false, ...fields }, session) => {
    const { out } = session;
    if (fields.statuses?.includes('missed') === true && fields.hook_id === undefined) {
      throw wrongUsage('Specify the hook: `missed` events are found for one hook.');
    }
    const created = await client.recoveries.create({ ...fields, dry_run });
    if (created.id === null) {
      out.print(created, (counted) =>
        counted.total === 0 ? NOTHING : `Would send ${printCounts(counted)}.`,
      );
      return;
    }
    const recovery = await followRecovery(client, created.id, session);
    out.print(recovery, (ended) => (ended.total === 0 ? NOTHING : `Sending ${printCounts(ended)}.`));
    if (recovery.total > 0)
      out.note('List what has not succeeded yet: bellwire deliveries list --status pending');
  },
});
