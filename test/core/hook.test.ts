import { describe, expect, it } from 'vitest';
import { isSubscribed, type SendableHook, signingSecrets } from '../../packages/server/src/core/hook.ts';

describe('a hook that lists', () => {
  for (const [events, gets, misses] of [
    [['order.created'], ['order.created'], ['order', 'order.created.x', 'Order.created', 'order.create']],
    [
      ['order.*'],
      ['order.created', 'order.item.added'],
      ['order', 'orders.created', 'order-created', 'xorder.a'],
    ],
    [['order.item.*'], ['order.item.added'], ['order.created', 'order.item']],
    [['*'], ['order.created', 'Site Plan Change', 'a'], []],
    [
      ['a', 'b.*'],
      ['a', 'b.c'],
      ['b', 'c', 'a.c'],
    ],
    [['Site Plan Change'], ['Site Plan Change'], ['Site Plan', 'site plan change']],
    [['order*'], ['order*'], ['order.created', 'orders']],
    [['*.created'], ['*.created'], ['order.created']],
    [['.*'], ['.a'], ['a', 'a.b']],
  ] as const) {
    it(`${JSON.stringify(events)} gets ${JSON.stringify(gets)} and not ${JSON.stringify(misses)}`, () => {
      for (const type of gets) expect([type, isSubscribed({ events }, type)]).toEqual([type, true]);
      for (const type of misses) expect([type, isSubscribed({ events }, type)]).toEqual([type, false]);
    });
  }
});

it('ping and Webhook Validate reach every hook, and only by their exact names', () => {
  const hook = { events: ['order.created'] };
  expect(['ping', 'Webhook Validate'].map((type) => isSubscribed(hook, type))).toEqual([true, true]);
  expect(['Ping', 'ping.x', 'webhook validate'].map((type) => isSubscribed(hook, type))).toEqual([
    false,
    false,
    false,
  ]);
});

it('a previous secret signs until it expires, after the current one', () => {
  const hook: Pick<SendableHook, 'secrets'> = {
    secrets: [
      { value: 'current', expires_at: null },
      { value: 'previous', expires_at: 100 },
      { value: 'older', expires_at: 50 },
    ],
  };
  const liveAt = (now: number, signs_with: 'all' | 'one' = 'all') =>
    signingSecrets({ ...emptyHook, ...hook }, signs_with, now);
  expect(liveAt(49)).toEqual(['current', 'previous', 'older']);
  expect(liveAt(50)).toEqual(['current', 'previous']);
  expect(liveAt(100)).toEqual(['current']);
  expect(liveAt(49, 'one')).toEqual(['older']);
  expect(liveAt(50, 'one')).toEqual(['previous']);
  expect(liveAt(100, 'one')).toEqual(['current']);
});

const emptyHook: SendableHook = {
  id: 'wh_1',
  number: 1,
  workspace_id: 'ws_1',
  tenant: null,
  name: '',
  url: 'https://example.com/',
  events: ['*'],
  method: 'POST',
  content_type: 'application/json',
  dialect: 'standard',
  status: 'active',
  disabled_reason: null,
  insecure_ssl: false,
  max_attempts: null,
  timeout_ms: null,
  validated_at: null,
  created_at: 0,
  updated_at: 0,
  headers: {},
  secrets: [],
};
