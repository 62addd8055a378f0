import type { IdFields, Noun, OutputOf, Page, Takes, TypeOf, Verb } from '@bellwire/server';

/** The input field that identifies one thing of a noun. It is the first argument of every call that takes it. */
export const idFields = {
  hooks: 'hook_id',
  events: 'event_id',
  deliveries: 'delivery_id',
  recoveries: 'recovery_id',
  tenants: 'tenant',
  erasures: 'erasure_id',
  eventTypes: 'name',
  workspaces: 'workspace_id',
  apiKeys: 'key_id',
  stats: null,
  audit: null,
  signatures: null,
  system: null,
} as const satisfies IdFields;

export type Kind<N extends Noun, V extends Verb<N>> =
  TypeOf<N, V> extends 'mutation' ? 'mutation' : OutputOf<N, V> extends Page<unknown> ? 'list' : 'query';

/**
 * When a call may be retried.
 * - `idempotent`: after every failure, since repeating the call has no further effect.
 * - `deletion`: likewise; `not_found` counts as success once an earlier attempt may have succeeded.
 * - `if_refused`: only if the server reported that it did nothing. After a broken connection, the result is unknown.
 */
export type RetryRule = 'idempotent' | 'deletion' | 'if_refused';

export interface Call {
  readonly kind: 'query' | 'list' | 'mutation';
  readonly takes: 'id' | 'fields' | 'id_and_fields';
  readonly retry_rule: RetryRule;
  /** It can take much longer than others, because it waits for a receiver or reads many rows. */
  readonly slow?: true;
}

type Calls = {
  readonly [N in Noun]: {
    readonly [V in Verb<N>]: Call & { readonly kind: Kind<N, V>; readonly takes: Takes<N, V> };
  };
};

const get = { kind: 'query', takes: 'id', retry_rule: 'idempotent' } as const;
const stats = { ...get, takes: 'id_and_fields' } as const;
const list = { kind: 'list', takes: 'fields', retry_rule: 'idempotent' } as const;
const change = <const T extends Call['takes'], const R extends RetryRule>(takes: T, retry_rule: R) =>
  ({ kind: 'mutation', takes, retry_rule }) as const;

/** Every call. The compiler checks that these are exactly the procedures of the router. */
export const calls = {
  hooks: {
    // Always has an idempotency key, like every `idempotent` creation below.
    create: change('fields', 'idempotent'),
    list,
    get,
    stats,
    update: change('id_and_fields', 'idempotent'),
    delete: change('id', 'deletion'),
    activate: change('id_and_fields', 'idempotent'),
    deactivate: change('id', 'idempotent'),
    tryFilter: { ...change('fields', 'idempotent'), slow: true },
    ping: { ...change('id', 'if_refused'), slow: true },
    test: { ...change('id_and_fields', 'if_refused'), slow: true },
    validate: { ...change('id', 'if_refused'), slow: true },
    // A second rotation would move the first new secret, which the caller never received, into its grace period.
    rotateSecret: change('id_and_fields', 'if_refused'),
    switchSecret: change('id', 'idempotent'),
    // Each attempt adds an entry to the audit log, as it should: the secret may have been read.
    revealSecret: change('id', 'idempotent'),
  },
  events: {
    // Both always have idempotency keys.
    send: change('fields', 'idempotent'),
    sendBatch: change('fields', 'idempotent'),
    list,
    get,
    delete: change('id', 'deletion'),
  },
  deliveries: {
    list,
    get,
    attempts: { ...list, takes: 'id_and_fields' },
    retry: { ...change('id', 'if_refused'), slow: true },
    skip: change('id', 'if_refused'),
    cancel: { ...change('fields', 'if_refused'), slow: true },
  },
  recoveries: {
    create: { ...change('fields', 'if_refused'), slow: true },
    list,
    get,
    cancel: change('id', 'idempotent'),
  },
  tenants: {
    list,
    get,
    stats,
    update: change('id_and_fields', 'idempotent'),
    delete: change('id', 'if_refused'),
    // A second link is of no consequence: the first one was never received, and expires.
    createPortalSession: change('id_and_fields', 'idempotent'),
    revokePortalSessions: change('id', 'idempotent'),
  },
  erasures: { get },
  eventTypes: {
    put: change('id_and_fields', 'idempotent'),
    list,
    get,
    sample: { ...get, slow: true },
    delete: change('id', 'deletion'),
  },
  workspaces: {
    create: change('fields', 'idempotent'),
    list,
    get,
    update: change('id_and_fields', 'idempotent'),
    delete: change('id_and_fields', 'if_refused'),
  },
  apiKeys: { create: change('fields', 'if_refused'), list, delete: change('id', 'deletion') },
  stats: { get: { ...get, takes: 'fields' } },
  audit: { list },
  // With the secret of a hook, each attempt adds an entry to the audit log.
  signatures: { explain: change('fields', 'idempotent') },
  system: {
    get: { ...get, takes: 'fields' },
    encryptionKeys: { ...get, takes: 'fields', slow: true },
    rekey: { ...change('fields', 'idempotent'), slow: true },
  },
} as const satisfies Calls;
