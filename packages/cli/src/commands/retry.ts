import { apiVerb } from '../frame/verb.ts';
import { printSendResult } from './print-send-result.ts';

/** `deliveries retry` */
export const retry = apiVerb<{ readonly delivery_id: string }>({
  usage: 'retry <delivery_id>',
  about: 'Retry one delivery: one immediate attempt, whatever its status.',
  more: 'Exits with code 1 unless the response has a 2xx status. `bellwire recover` sends many again.',
  arguments: { delivery_id: 'the id of the delivery' },
  examples: ['deliveries retry dlv_01jd7b1c8r9t3v7w5x2z4q6mna'],
  run: async ({ deliveries }, { delivery_id }, { out }) =>
    printSendResult(out, await deliveries.retry(delivery_id)),
});
