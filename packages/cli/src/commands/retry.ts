import type { Client } from '@bellwire/client';
import { wrongUsage } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';
import { filters, yes } from './filters.ts';
import { printSendResult } from './print-send-result.ts';

type Retry = Parameters<Client['deliveries']['retryMany']>[0] & {
  readonly delivery_id?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
};

/** @throws CommandError unless the fields specify either one delivery or a filter */
const validate = ({ delivery_id, all, yes: send, ...filter }: Retry): void => {
  const has_filter = Object.keys(filter).length > 0;
  if (delivery_id !== undefined && (has_filter || all === true || send === true)) {
    throw wrongUsage('Specify either the id of one delivery, or filters.');
  }
  if (delivery_id === undefined && !has_filter && all !== true) {
    throw wrongUsage(
      'Specify what to retry: the id of a delivery; --hook, --type, --since or --until to filter the failed ones; or --all.',
    );
  }
};

/** `deliveries retry` */
export const retry = apiVerb<Retry>({
  usage: 'retry [delivery_id]',
  about: 'Retry one delivery, or all failed deliveries that match the filters.',
  more: 'One delivery: exits with code 1 unless the response has a 2xx status. With filters, it only counts unless you add --yes; retried deliveries restart their retry schedule.',
  arguments: { delivery_id: 'the id of one delivery, whatever its status' },
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
    validate(fields);
    const { delivery_id, all: _, yes: send, ...filter } = fields;
    if (delivery_id !== undefined) {
      printSendResult(out, await deliveries.retry(delivery_id));
      return;
    }
    const result = await deliveries.retryMany({ ...filter, dry_run: send !== true });
    out.print(result, ({ count, retried }) =>
      send === true ? `Sending ${retried} of ${count}.` : `${count} failed deliveries match.`,
    );
    if (send !== true && result.count > 0) out.note('Add --yes to send them.');
  },
});
