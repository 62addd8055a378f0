import type { IdFields, Noun, OutputOf, Page, Takes, TypeOf, Verb } from './router-types.ts';

/** The input field that names one of a noun: it is the first argument of every call that takes it. */
export const idFields = {
  hooks: 'hook_id',
  events: 'event_id',
  deliveries: 'delivery_id',
  eventTypes: 'name',
  workspaces: 'workspace_id',
  apiKeys: 'key_id',
  audit: null,
} as const satisfies IdFields;

export type Kind<N extends Noun, V extends Verb<N>> =
  TypeOf<N, V> extends 'mutation' ? 'mutation' : OutputOf<N, V> extends Page<unknown> ? 'list' : 'query';

/**
 * When a call may be tried again.
 * - `harmless`: whenever it did not succeed, since doing it twice is the same as doing it once.
 * - `until_gone`: so too, and once a try may have worked, `not_found` means that it did.
 * - `if_refused`: only when the server said that it did nothing. After a broken connection nobody knows.
 */
export type Again = 'harmless' | 'until_gone' | 'if_refused';

export interface Call {
  readonly kind: 'query' | 'list' | 'mutation';
  readonly takes: 'id' | 'fields' | 'id_and_fields';
  readonly again: Again;
  /** It can take far longer than others: it waits for a receiver, or walks through many rows. */
  readonly slow?: true;
}

type Calls = {
  readonly [N in Noun]: {
    readonly [V in Verb<N>]: Call & { readonly kind: Kind<N, V>; readonly takes: Takes<N, V> };
  };
};

const get = { kind: 'query', takes: 'id', again: 'harmless' } as const;
const list = { kind: 'list', takes: 'fields', again: 'harmless' } as const;
const change = <const T extends Call['takes'], const A extends Again>(takes: T, again: A) =>
  ({ kind: 'mutation', takes, again }) as const;

/** Every call there is. The compiler wants each of the router's procedures here, and nothing else. */
export const calls = {
  hooks: {
    create: change('fields', 'if_refused'),
    list,
    get,
    update: change('id_and_fields', 'harmless'),
    delete: change('id', 'until_gone'),
    activate: change('id', 'harmless'),
    deactivate: change('id', 'harmless'),
    ping: change('id', 'if_refused'),
    test: change('id_and_fields', 'if_refused'),
    validate: { ...change('id', 'if_refused'), slow: true },
    replay: { ...change('id_and_fields', 'if_refused'), slow: true },
    // A second one would push the first new secret, which nobody saw, into its grace.
    rotateSecret: change('id_and_fields', 'if_refused'),
    switchSecret: change('id', 'harmless'),
    // Each try is an entry in the audit log, which is right: the secret may have been read.
    revealSecret: change('id', 'harmless'),
  },
  events: {
    // Both always carry idempotency keys.
    send: change('fields', 'harmless'),
    sendBatch: change('fields', 'harmless'),
    list,
    get,
  },
  deliveries: {
    list,
    get,
    retry: change('id', 'if_refused'),
    retryMany: { ...change('fields', 'if_refused'), slow: true },
  },
  eventTypes: { put: change('id_and_fields', 'harmless'), list, get, delete: change('id', 'until_gone') },
  workspaces: {
    create: change('fields', 'if_refused'),
    list,
    get,
    update: change('id_and_fields', 'harmless'),
    delete: change('id', 'until_gone'),
  },
  apiKeys: { create: change('fields', 'if_refused'), list, delete: change('id', 'until_gone') },
  audit: { list },
} as const satisfies Calls;
