import type { Attempt, Client, Delivery } from '@bellwire/client';
import { choices } from '../frame/choices.ts';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { colourOf } from '../print/style.ts';
import { cancel } from './cancel.ts';
import { deliveryProblem } from './explain.ts';
import { filters } from './filters.ts';
import { printDelivery } from './print-delivery.ts';
import { retry } from './retry.ts';
import { outcomeFlag } from './selection-flags.ts';
import { skip } from './skip.ts';
import { watch } from './watch.ts';

const STATUSES = choices<Delivery['status']>({
  pending: true,
  sending: true,
  succeeded: true,
  failed: true,
  held: true,
  canceled: true,
});

const list = listVerb<NonNullable<Parameters<Client['deliveries']['list']>[0]>, Delivery>({
  about: 'List deliveries, newest first.',
  things: 'deliveries',
  flags: [
    { flags: '--status <status>', about: 'only those with this status', choices: STATUSES },
    filters.hook,
    filters.event,
    filters.wire,
    filters.type,
    filters.tenant,
    filters.since,
    filters.until,
    outcomeFlag,
  ],
  examples: [
    'deliveries list --status failed --since 24h',
    'deliveries list --event evt_01jd7b1c8r4n6s2y0p5h9g3kmd',
  ],
  list: ({ deliveries }, query) => deliveries.list(query),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'STATUS', of: ({ status }) => status, colour: colourOf },
    { title: 'ATTEMPTS', of: ({ attempt_count }) => attempt_count },
    { title: 'HOOK', of: ({ hook_id }) => hook_id },
    { title: 'CREATED', of: ({ created_at }) => created_at },
    { title: 'TYPE', of: ({ event_type }) => event_type },
    { title: 'NEXT ATTEMPT', of: ({ next_attempt_at }) => next_attempt_at },
    { title: 'PROBLEM', of: deliveryProblem },
  ],
});

const get = apiVerb<{ readonly delivery_id: string }>({
  usage: 'get <delivery_id>',
  about: 'Show a delivery with its attempts and the last exchange in full.',
  more: '--json prints every exchange in full.',
  arguments: { delivery_id: 'the id of the delivery' },
  examples: ['deliveries get dlv_01jd7b1c8r9t3v7w5x2z4q6mna'],
  run: async ({ deliveries }, { delivery_id }, { out }) =>
    out.print(await deliveries.get(delivery_id), printDelivery),
});

const attempts = listVerb<{ readonly delivery_id: string }, Attempt>({
  usage: 'attempts <delivery_id>',
  about: 'List the attempts of a delivery, the latest first.',
  more: '--json prints every exchange in full.',
  arguments: { delivery_id: 'the id of the delivery' },
  things: 'attempts',
  examples: ['deliveries attempts dlv_01jd7b1c8r9t3v7w5x2z4q6mna --all'],
  list: ({ deliveries }, { delivery_id, ...query }) => deliveries.attempts(delivery_id, query),
  columns: [
    { title: 'NUMBER', of: ({ number }) => number },
    { title: 'STARTED', of: ({ started_at }) => started_at },
    { title: 'TRIGGER', of: ({ trigger }) => trigger },
    { title: 'OUTCOME', of: ({ outcome }) => outcome },
    { title: 'STATUS', of: ({ response }) => response?.status ?? null },
    { title: 'MS', of: ({ duration_ms }) => duration_ms },
  ],
});

export const deliveries: Noun = {
  name: 'deliveries',
  about: 'Inspect, watch, retry, skip and cancel deliveries: one event for one hook each.',
  verbs: [list, get, attempts, retry, skip, cancel, watch],
};
