import { expect, it } from 'vitest';
import { isSubscribed, type SendableHook, signingSecrets } from '../../packages/server/src/core/hook.ts';
import { words } from '../support/words.ts';

it.each([
  {
    events: ['order.created'],
    gets: ['order.created'],
    misses: words`order order.created.x Order.created order.create`,
  },
  {
    events: ['order.*'],
    gets: words`order.created order.item.added`,
    misses: words`order orders.created order-created xorder.a`,
  },
  { events: ['order.item.*'], gets: ['order.item.added'], misses: ['order.created', 'order.item'] },
  { events: ['*'], gets: ['order.created', 'Site Plan Change', 'a'], misses: [] },
  { events: ['a', 'b.*'], gets: ['a', 'b.c'], misses: ['b', 'c', 'a.c'] },
  { events: ['Site Plan Change'], gets: ['Site Plan Change'], misses: ['Site Plan', 'site plan change'] },
  { events: ['order*'], gets: ['order*'], misses: ['order.created', 'orders'] },
  { events: ['*.created'], gets: ['*.created'], misses: ['order.created'] },
  { events: ['.*'], gets: ['.a'], misses: ['a', 'a.b'] },
])('a hook that lists $events is subscribed to $gets and not to $misses', ({ events, gets, misses }) => {
  expect(gets.filter((type) => !isSubscribed({ events }, type))).toEqual([]);
  expect(misses.filter((type) => isSubscribed({ events }, type))).toEqual([]);
});

it('ping and Webhook Validate reach every hook, and only by their exact names', () => {
  const hook = { events: ['order.created'] };
  const types = ['ping', 'Webhook Validate', 'Ping', 'ping.x', 'webhook validate'];
  expect(types.filter((type) => isSubscribed(hook, type))).toEqual(['ping', 'Webhook Validate']);
});

const HOOK: SendableHook = {
  id: 'wh_1',
  number: 1,
  workspace_id: 'ws_1',
  tenant: null,
  name: '',
  url: 'https://example.com/',
  events: ['*'],
  filter: null,
  method: 'POST',
  content_type: 'application/json',
  ordered: false,
  order_key: null,
  dialect: 'standard',
  status: 'active',
  disabled_reason: null,
  insecure_ssl: false,
  client_certificate: null,
  description: '',
  metadata: {},
  max_attempts: null,
  retry_schedule: null,
  timeout_ms: null,
  rate_limit: null,
  validated_at: null,
  created_at: 0,
  updated_at: 0,
  headers: {},
  secrets: [
    { value: 'current', expires_at: null },
    { value: 'previous', expires_at: 100 },
    { value: 'older', expires_at: 50 },
  ],
};

it.each([
  { now: 49, all: ['current', 'previous', 'older'], one: ['older'] },
  { now: 50, all: ['current', 'previous'], one: ['previous'] },
  { now: 100, all: ['current'], one: ['current'] },
])('a previous secret signs until it expires, after the current one: at $now', ({ now, all, one }) => {
  expect(signingSecrets(HOOK, 'all', now)).toEqual(all);
  expect(signingSecrets(HOOK, 'one', now)).toEqual(one);
});
