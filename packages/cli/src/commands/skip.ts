import { apiVerb } from '../frame/verb.ts';

/** `deliveries skip` */
export const skip = apiVerb<{ readonly delivery_id: string }>({
  usage: 'skip <delivery_id>',
  about: 'Take a delivery out of the order of its hook, so that those behind it are sent.',
  more: 'A failed delivery stays failed; a pending or held one is canceled.',
  arguments: { delivery_id: 'the id of the delivery' },
  examples: ['deliveries skip dlv_01jd7b1c8r9t3v7w5x2z4q6mna'],
  run: async ({ deliveries }, { delivery_id }, { out }) => {
    out.print(await deliveries.skip(delivery_id), ({ id, status }) => `Skipped ${id}: ${status}.`);
  },
});
