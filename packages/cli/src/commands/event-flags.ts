import { type Flag } from '../frame/verb.ts';
import { readTime } from '../input/read-text.ts';
import type { EventReceipt } from '@bellwire/client';
import type { Out } from '../frame/out.ts';
import { printRecord } from '../print/record.ts';

/** What goes with an event beside its type and data. */
export interface EventFields {
  readonly occurred_at?: string;
  readonly idempotency_key?: string;
  readonly hook_ids?: string[];
}

export const setFlag: Flag = {
  flags: '--set <path=value>',
  many: true,
  about:
    'change a value of the data: order.items.0.total=499; JSON, or text where it is none; may be repeated',
};

export const eventFlags: readonly Flag[] = [
  { flags: '--hook <hook_id>', field: 'hook_ids', many: true, about: 'only this hook; may be repeated' },
  { flags: '--idempotency-key <key>', about: 'the same event under the same key is accepted once' },
  { flags: '--occurred-at <time>', read: readTime, about: 'when it happened; now when absent' },
];

/** Prints what `send` answered. */
export const answerReceipt = (out: Out, receipt: EventReceipt): void => {
  out.answer(receipt, printRecord);
  out.note(
    receipt.deliveries === 0
      ? `No hook is subscribed to ${receipt.type}, so nobody gets it. Which there are: bellwire hooks list`
      : `What came of it: bellwire deliveries watch --event ${receipt.id}`,
  );
};
