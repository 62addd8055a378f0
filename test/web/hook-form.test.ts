import type { Hook } from '@bellwire/client';
import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../packages/web/src/pages/webhooks/form/dialect-rules.ts';
import { covers, groupsOf, withEntry } from '../../packages/web/src/pages/webhooks/form/event-groups.ts';
import { formOf } from '../../packages/web/src/pages/webhooks/form/form-of.ts';
import {
  draftOf,
  EMPTY_DRAFT,
  problemsOf,
  toChanges,
  toCreation,
} from '../../packages/web/src/pages/webhooks/form/hook-draft.ts';
import { en } from '../../packages/web/src/words/en.ts';
import { builtIn } from '../../packages/server/src/dialects/registry.ts';

const of = (dialect: string) => ({ form: formOf(dialect, en), rules: rulesOf(dialect), dialect: null });
const draft = { ...EMPTY_DRAFT, url: 'https://example.com/in', events: ['order.created'] };

const hook = {
  url: 'https://example.com/in',
  name: 'Shop',
  description: '',
  events: ['order.*'],
  filter: null,
  metadata: {},
  method: 'POST',
  content_type: 'application/json',
  ordered: false,
  order_key: null,
  active: true,
  insecure_ssl: false,
  max_attempts: null,
  retry_schedule: null,
  timeout_ms: null,
  rate_limit: null,
  headers: {},
  tenant: null,
} as unknown as Hook;

it('the form knows every dialect: whether it signs always, its methods, and https', () => {
  for (const [name, { secret, methods, https_only }] of Object.entries(builtIn)) {
    expect([name, rulesOf(name)]).toEqual([
      name,
      { unsigned: secret.presence !== 'always', any_request: methods.length > 1, https_only },
    ]);
  }
});

const isRefused = (dialect: string, max_attempts: string): boolean =>
  'max_attempts' in problemsOf({ ...draft, max_attempts }, formOf(dialect, en), en.hook_form);

describe('max attempts', () => {
  it('of activities leave out the first attempt, in both directions', () => {
    const { form, rules } = of('activities');
    expect(draftOf({ ...hook, max_attempts: 1 }, form).max_attempts).toBe('0');
    expect(toCreation({ ...draft, max_attempts: '0' }, of('activities')).max_attempts).toBe(1);
    const stored = { ...hook, max_attempts: 20 };
    expect(draftOf(stored, form).max_attempts).toBe('19');
    expect(toChanges(draftOf(stored, form), stored, { form, rules })).toEqual({});
  });

  it('of other forms are all attempts', () => {
    expect(draftOf({ ...hook, max_attempts: 5 }, formOf('q2', en)).max_attempts).toBe('5');
    expect(toCreation({ ...draft, max_attempts: '5' }, of('q2')).max_attempts).toBe(5);
  });

  it('are refused out of range', () => {
    expect(['0', '19'].map((text) => isRefused('activities', text))).toEqual([false, false]);
    expect(['-1', '20', '1.5', 'x'].map((text) => isRefused('activities', text))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['0', '1', '20', '21'].map((text) => isRefused('standard', text))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('a retry schedule', () => {
  const { form, rules } = of('standard');
  const stored = { ...hook, retry_schedule: ['0s', '5m'] };

  it('is text with commas in the form, and a list on the wire', () => {
    expect(draftOf(stored, form).retry_schedule).toBe('0s, 5m');
    expect(toChanges(draftOf(stored, form), stored, { form, rules })).toEqual({});
    const typed = { ...draftOf(stored, form), retry_schedule: ' 0s,1m , 2h' };
    expect(toChanges(typed, stored, { form, rules })).toEqual({ retry_schedule: ['0s', '1m', '2h'] });
  });

  it('is the default when it is empty', () => {
    expect(toCreation(draft, of('standard')).retry_schedule).toBeNull();
    const emptied = { ...draftOf(stored, form), retry_schedule: ' ' };
    expect(toChanges(emptied, stored, { form, rules })).toEqual({ retry_schedule: null });
  });
});

describe('a secret', () => {
  it('is left to the dialect when it is empty or to be generated', () => {
    for (const dialect of ['standard', 'q2', 'activities', 'casesolved'])
      expect(toCreation(draft, of(dialect))).not.toHaveProperty('secret');
  });

  it('is null where the request is not to be signed, and sent when it is given', () => {
    expect(toCreation({ ...draft, secret_choice: 'none' }, of('github')).secret).toBeNull();
    expect(toCreation({ ...draft, secret_choice: 'own', secret: 's' }, of('github')).secret).toBe('s');
  });
});

it('what was typed into the form of another dialect is not sent where the form does not show it', () => {
  const typed = { ...draft, secret_choice: 'own' as const, secret: 'typed before', active: false };
  expect(toCreation(typed, of('connect2print'))).not.toHaveProperty('secret');
  expect(toCreation(typed, of('connect2print'))).toHaveProperty('active', false);
  expect(toCreation(typed, of('q2'))).not.toHaveProperty('active');
});

describe('a change', () => {
  const { form, rules } = of('standard');

  it('has only what differs', () => {
    const changed = { ...draftOf(hook, form), name: 'Store', timeout_s: '2.5', active: false };
    expect(toChanges(changed, hook, { form, rules })).toEqual({
      name: 'Store',
      timeout_ms: 2500,
      active: false,
    });
  });

  it('keeps headers whose values are hidden, unless they are replaced', () => {
    const stored = { ...hook, headers: { 'X-Key': '[secret]' } };
    const before = draftOf(stored, form);
    expect(toChanges(before, stored, { form, rules })).toEqual({});
    const replaced = { ...before, headers: [['X-Key', 'new'] as const, ['', ''] as const] };
    expect(toChanges(replaced, stored, { form, rules })).toEqual({ headers: { 'X-Key': 'new' } });
    expect(toChanges({ ...before, headers: [] }, stored, { form, rules })).toEqual({ headers: {} });
  });
});

it('names no method or content type where the dialect has only one', () => {
  expect(toCreation(draft, of('q2'))).not.toHaveProperty('method');
  expect(toCreation(draft, of('activities'))).toHaveProperty('method', 'POST');
});

describe('event types', () => {
  it('are in the groups of the Connect2Print document', () => {
    const groups = groupsOf(builtIn.connect2print.catalog.map(({ name }) => name));
    expect(groups.map(({ prefix, names }) => [prefix, names.length])).toEqual([
      ['order', 5],
      ['invoice', 3],
      ['quote', 3],
      ['production', 2],
      [null, 3],
    ]);
  });

  it('are covered by patterns as on the server', () => {
    expect(covers('order.*', 'order.created')).toBe(true);
    expect(covers('order.*', 'order')).toBe(false);
    expect(covers('order.*', 'orders.created')).toBe(false);
    expect(covers('*', 'Site Plan Change')).toBe(true);
  });

  it('disappear behind a pattern that covers them', () => {
    const events = ['order.created', 'invoice.paid'];
    expect(withEntry(events, 'order.*', true)).toEqual(['invoice.paid', 'order.*']);
    expect(withEntry(['order.*'], 'order.*', false)).toEqual([]);
  });
});

it('an empty filter is none, in both directions', () => {
  const { form, rules } = of('standard');
  expect(toCreation({ ...draft, filter: '  ' }, of('standard')).filter).toBeNull();
  expect(toCreation({ ...draft, filter: ' a == 1 ' }, of('standard')).filter).toBe('a == 1');
  const stored = { ...hook, filter: 'a == 1' };
  expect(draftOf(stored, form).filter).toBe('a == 1');
  expect(draftOf(hook, form).filter).toBe('');
  expect(toChanges({ ...draftOf(stored, form), filter: '' }, stored, { form, rules })).toEqual({
    filter: null,
  });
});

it('a rate limit is a number and a period in the form, and empty for none', () => {
  const rate_limit = { count: 100, per: 'minute' } as const;
  expect(draftOf({ ...hook, rate_limit }, formOf('standard', en)).rate_limit).toBe('100/minute');
  expect(toCreation({ ...draft, rate_limit: '100 / minute' }, of('standard')).rate_limit).toEqual(rate_limit);
  expect(toCreation(draft, of('standard')).rate_limit).toBeNull();
  for (const wrong of ['fast', '0/second', '1/week', '1.5/second']) {
    const problems = problemsOf({ ...draft, rate_limit: wrong }, formOf('standard', en), en.hook_form);
    expect(Object.keys(problems)).toEqual(['rate_limit']);
  }
});
