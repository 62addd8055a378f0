import { describe, expect, it } from 'vitest';
import { createSuggestType } from '../../packages/server/src/delivery/suggest-type.ts';
import { closestName } from '../../packages/server/src/core/closest-name.ts';
import { subscriptionWarnings, unsentWarnings } from '../../packages/server/src/core/warnings.ts';

const NAMES = ['order.created', 'order.paid', 'invoice.paid', 'Site Plan Change'];
const catalog = new Map(NAMES.map((name) => [name, null]));

describe('the closest name', () => {
  it.each([
    ['order.creatd', 'order.created'],
    ['oder.created', 'order.created'],
    ['order.craeted', 'order.created'],
    ['order-created', 'order.created'],
    ['Order.Created', 'order.created'],
    ['orders.paid', 'order.paid'],
    ['Site Plan Chnage', 'Site Plan Change'],
    ['order.created', 'order.created'],
    ['order.deleted', null],
    ['user.created', null],
    ['x', null],
    ['', null],
  ])('of %j is %j', (name, expected) => expect(closestName(name, NAMES)).toBe(expected));

  it('is found in a bounded time in a catalog of long and similar names', () => {
    const similar = Array.from({ length: 20_000 }, (_, n) => `${'a'.repeat(58)}${n}`);
    const started = performance.now();
    for (let round = 0; round < 10; round += 1) closestName(`${'a'.repeat(62)}b`, similar);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('is searched once for each type of a catalog', () => {
    let searched = 0;
    const names = {
      keys: () => {
        searched += 1;
        return catalog.keys();
      },
    };
    const suggest = createSuggestType();
    for (const _ of [1, 2, 3]) {
      expect(suggest('order.creatd', names)).toBe('order.created');
      expect(suggest('nothing.like.it', names)).toBe(null);
    }
    expect(searched).toBe(2);
    expect(suggest('order.creatd', new Map())).toBe(null);
  });
});

const codes = (type: string, names = catalog) =>
  unsentWarnings({ type }, names, createSuggestType()).map(({ code }) => code);

describe('an event that reaches no hook', () => {
  it('has no subscribed hook, and an unknown type if the catalog does not have it', () => {
    expect(codes('order.created')).toEqual(['no_hook_subscribed']);
    expect(codes('order.creatd')).toEqual(['no_hook_subscribed', 'unknown_event_type']);
    expect(codes('ping')).toEqual(['no_hook_subscribed']);
    expect(codes('order.creatd', new Map())).toEqual(['no_hook_subscribed']);
  });
  it('names the tenant, and the type that was probably meant', () => {
    const suggest = createSuggestType();
    const [first, second] = unsentWarnings({ type: 'order.creatd', tenant: 'cus_1' }, catalog, suggest);
    expect(first?.message).toMatch(/^No hook of the tenant cus_1 is subscribed to order\.creatd, /);
    expect(second?.message).toBe(
      'The catalog has no event type "order.creatd". Did you mean "order.created"?',
    );
    const [named] = unsentWarnings({ type: 'a', hook_ids: ['wh_1'] }, catalog, suggest);
    expect(named?.message).toMatch(/^No hook in hook_ids is subscribed to a, /);
  });
});

const messages = (events: readonly string[]) =>
  subscriptionWarnings(events, catalog).map(({ message }) => message);

describe('the entries of a hook that match nothing', () => {
  it('are named, with what was probably meant', () => {
    expect(messages(['*', 'order.*', 'order.paid', 'ping', 'Webhook Validate'])).toEqual([]);
    expect(messages(['order.payed', 'oder.*', 'nothing.like.it'])).toEqual([
      '"order.payed" in events matches no event type of the catalog. Did you mean "order.paid"?',
      '"oder.*" in events matches no event type of the catalog. Did you mean "order.*"?',
      '"nothing.like.it" in events matches no event type of the catalog.',
    ]);
  });
  it('are at most twenty, and none with an empty catalog', () => {
    const many = Array.from({ length: 500 }, (_, n) => `unknown.${n}`);
    expect(messages(many)).toHaveLength(20);
    expect(subscriptionWarnings(many, new Map())).toEqual([]);
  });
});
