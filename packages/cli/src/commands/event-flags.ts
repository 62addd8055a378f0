import type { Flag } from '../frame/verb.ts';
import { eventMetadataFlag, type Pairs, toMetadata } from './metadata-flag.ts';
import { readFutureTime, readTime } from '../input/read-text.ts';
import type { EventReceipt } from '@bellwire/client';
import type { Out } from '../frame/out.ts';
import { printWarned } from './print-warned.ts';

/** The optional fields of an event. */
export interface EventFields {
  readonly tenant?: string;
  readonly occurred_at?: string;
  readonly deliver_at?: string;
  readonly idempotency_key?: string;
  readonly hook_ids?: string[];
  readonly metadata?: Pairs;
}

export const setFlag: Flag = {
  flags: '--set <path=value>',
  many: true,
  about: 'set a value in the data, like order.items.0.total=499; invalid JSON is taken as text; repeatable',
};

export const eventFlags: readonly Flag[] = [
  { flags: '--hook <hook_id>', field: 'hook_ids', many: true, about: 'send to this hook only; repeatable' },
  { flags: '--tenant <id>', about: 'your own id of the customer that the event belongs to' },
  { flags: '--idempotency-key <key>', about: 'accept the event only once under this key' },
  { flags: '--occurred-at <time>', read: readTime, about: 'time of the event (default: now)' },
  {
    flags: '--deliver-at <time>',
    read: readFutureTime,
    about: 'send it then: 2026-11-21T10:30:00Z, or a delay like 30m (default: at once)',
  },
  eventMetadataFlag,
];

/** The optional fields as in the API. */
export const toEventInput = <F extends EventFields>({ metadata, ...fields }: F) => ({
  ...fields,
  ...toMetadata(metadata),
});

/** Prints the receipt of `send`. */
export const printReceipt = (out: Out, receipt: EventReceipt): void => {
  printWarned(out, receipt);
  out.note(
    receipt.deliveries === 0
      ? 'List the hooks with: bellwire hooks list'
      : `Watch its deliveries with: bellwire deliveries watch --event ${receipt.id}`,
  );
};
