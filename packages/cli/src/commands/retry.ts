import { wrongUsage } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';
import { filters, yes } from './filters.ts';

interface Filter {
  readonly hook_id?: string;
  readonly event_type?: string;
  readonly since?: string;
  readonly until?: string;
}

interface Retry extends Filter {
  readonly delivery_id?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
}

/** @throws CommandError unless it is clear what to retry */
const judge = ({ delivery_id, all, yes: send, ...filter }: Retry): void => {
  const has_filter = Object.keys(filter).length > 0;
  if (delivery_id !== undefined && (has_filter || all === true || send === true)) {
    throw wrongUsage('One delivery is retried by its id alone, many by filters: give one or the other.');
  }
  if (delivery_id === undefined && !has_filter && all !== true) {
    throw wrongUsage(
      'Say what to retry: the id of a delivery, or --hook, --type, --since or --until for the failed ones, or --all of them.',
    );
  }
};

/** `deliveries retry` */
export const retry = apiVerb<Retry>({
  usage: 'retry [delivery_id]',
  about: 'Send again: one delivery now, or the failed ones that fit every filter.',
  more: 'Many are only counted unless --yes is given; then each has its whole retry schedule before it.',
  arguments: { delivery_id: 'one delivery, in whatever state it is' },
  flags: [
    filters.hook,
    filters.type,
    filters.since,
    filters.until,
    { flags: '--all', about: 'every failed delivery of the workspace' },
    yes,
  ],
  examples: [
    'deliveries retry dlv_01jd7b1c8r9t3v7w5x2z4q6mna',
    'deliveries retry --hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc --since 24h',
    'deliveries retry --hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc --since 24h --yes',
  ],
  run: async ({ deliveries }, fields, { out }) => {
    judge(fields);
    const { delivery_id, all: _, yes: send, ...filter } = fields;
    if (delivery_id !== undefined) {
      out.answer(await deliveries.retry(delivery_id), () => `Sent again: ${delivery_id}`);
      out.note(`What comes of it: bellwire deliveries watch ${delivery_id}`);
      return;
    }
    const answer = await deliveries.retryMany({ ...filter, dry_run: send !== true });
    out.answer(answer, ({ count, retried }) =>
      send === true ? `${retried} of ${count} are being sent.` : `${count} failed deliveries match.`,
    );
    if (send !== true && answer.count > 0) out.note('Add --yes to send them.');
  },
});
