import type { Delivery, WatchFilter } from '@bellwire/client';
import { failure, wrongUsage } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';
import { colourOf, paint, type Style } from '../print/style.ts';
import { printValue } from '../print/value.ts';
import { deliveryProblem } from './explain.ts';
import { filters } from './filters.ts';

interface Watch extends WatchFilter {
  readonly delivery_id?: string;
}

const attempts = (count: number): string => (count === 1 ? '1 attempt' : `${count} attempts`);

const detail = (delivery: Delivery): string => {
  const { next_attempt_at } = delivery;
  const problem = deliveryProblem(delivery);
  return [
    ...(next_attempt_at === null ? [] : [`, next attempt at ${printValue(next_attempt_at)}`]),
    ...(problem === '' ? [] : [`: ${printValue(problem)}`]),
  ].join('');
};

const printChange = (delivery: Delivery, style: Style): string => {
  const { updated_at, id, event_type, hook_id, status, attempt_count } = delivery;
  const change = `${printValue(updated_at)}  ${id}  ${printValue(event_type)} to ${hook_id}`;
  return `${change}: ${paint(status, colourOf(status), style)} after ${attempts(attempt_count)}${detail(delivery)}`;
};

/** `deliveries watch` */
export const watch = apiVerb<Watch>({
  usage: 'watch [delivery_id]',
  about: 'Watch deliveries until each has succeeded, failed or been canceled.',
  more: 'Exits with code 1 if any did not succeed. With --json, each change is one line of JSON.',
  arguments: { delivery_id: 'the id of one delivery, instead of filters' },
  flags: [filters.event, filters.hook, filters.type, filters.since],
  examples: [
    'deliveries watch dlv_01jd7b1c8r9t3v7w5x2z4q6mna',
    'deliveries watch --event evt_01jd7b1c8r4n6s2y0p5h9g3kmd',
  ],
  run: async ({ deliveries }, { delivery_id, ...filter }, { out, shell }) => {
    if ((delivery_id === undefined) === (Object.keys(filter).length === 0)) {
      throw wrongUsage('Specify what to watch: the id of a delivery, or --event, --hook, --type or --since.');
    }
    const options = { signal: shell.unread };
    const changes =
      delivery_id === undefined ? deliveries.watch(filter, options) : deliveries.watch(delivery_id, options);
    const last = new Map<string, Delivery['status']>();
    for await (const delivery of changes) {
      last.set(delivery.id, delivery.status);
      out.printItem(delivery, printChange);
    }
    const unsuccessful = [...last.values()].filter((status) => status !== 'succeeded').length;
    if (unsuccessful > 0) throw failure(`${unsuccessful} of ${last.size} did not succeed.`);
    if (last.size === 0) out.note('No delivery matches.');
  },
});
