import { type Actor, type Audit, auditedKey } from './audit.ts';
import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { Random } from '../ports/random.ts';
import { composeKey, type KeyScope, readKey } from '../core/api-key.ts';
import { equalInConstantTime } from '../core/signing.ts';
import type { ApiKey, KnownKey, Repositories } from '../ports/repositories.ts';
import type { KeyUses } from './key-uses.ts';

/** The API key behind a request. */
export interface KeyCaller {
  readonly key_id: string;
  readonly scope: KeyScope;
  /** The key's workspace; null for an admin key, which may access any. */
  readonly workspace_id: string | null;
  /** Maximum rate at which its events are accepted; null for no limit. */
  readonly events_per_second: number | null;
}

/** The session of a customer's page behind a request: bound to one tenant. */
export interface PortalCaller {
  /** Not of an API key. The audit log shows it. */
  readonly key_id: string;
  readonly scope: 'portal';
  readonly workspace_id: string;
  readonly tenant: string;
  readonly read_only: boolean;
}

/** Who makes a call. */
export type Caller = KeyCaller | PortalCaller;

/** A key to create. */
export interface NewKey extends Pick<
  ApiKey,
  'name' | 'scope' | 'workspace_id' | 'events_per_second' | 'expires_at'
> {}

/** API keys. Each is shown once, when it is created; only its hash is stored. */
export interface Keys {
  /**
   * Returns the new key with its text, which cannot be shown again.
   * @throws BellwireError `invalid_input` if it would have expired already
   */
  readonly create: (
    input: NewKey,
    actor: Actor,
  ) => Promise<{ readonly key: ApiKey; readonly secret: string }>;
  /** Makes a text the configured admin key, in place of an earlier one, unless it is a key already. */
  readonly configure: (secret: string, actor: Actor) => Promise<void>;
  /** The caller with a key. @throws BellwireError `unauthenticated` */
  readonly callerWith: (secret: string) => Promise<KeyCaller>;
  /** The caller with the key that has this id; null without one, or if it has expired. */
  readonly callerOf: (key_id: string) => Promise<KeyCaller | null>;
  /** The caller behind an `Authorization` header. @throws BellwireError `unauthenticated`. */
  readonly authenticate: (authorization: string | undefined) => Promise<KeyCaller>;
}

export interface KeysOptions {
  readonly repositories: Repositories['api_keys'];
  readonly audit: Audit;
  readonly uses: KeyUses;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdFactory;
  readonly hash: Hash;
}

/** The key of `BELLWIRE_API_KEY`. A fixed id, so that there is one at most. */
const CONFIGURED_ID = 'key_configured';
const CONFIGURED_NAME = 'from the configuration';

/** A shorter text could reveal too much of itself in a hint. */
const HINT_MIN = 32;

/** The beginning up to the secret of a key that Bellwire created, or a short hint for one that a person chose. */
const hintOf = (secret: string): string => {
  if (readKey(secret) !== null) return `${secret.slice(0, secret.indexOf('_', 3) + 9)}…${secret.slice(-4)}`;
  return secret.length >= HINT_MIN ? `${secret.slice(0, 8)}…${secret.slice(-4)}` : `…${secret.slice(-2)}`;
};

const toCaller = ({ id, scope, workspace_id, events_per_second }: KnownKey): KeyCaller => ({
  key_id: id,
  scope,
  workspace_id,
  events_per_second,
});

const unauthenticated = (message: string): BellwireError => new BellwireError('unauthenticated', message);

const findWith = async (
  { repositories, hash }: Pick<KeysOptions, 'repositories' | 'hash'>,
  secret: string,
): Promise<KnownKey | null> => {
  const form = readKey(secret);
  if (form === 'broken') {
    throw unauthenticated(
      'This API key is truncated or mistyped: its checksum is wrong. Copy the whole key.',
    );
  }
  const digest = hash(secret);
  for (const id of form === null ? [CONFIGURED_ID] : [`key_${form.id}`, CONFIGURED_ID]) {
    const known = await repositories.find(id);
    if (known !== null && equalInConstantTime(known.hash, digest)) return known;
  }
  return null;
};

const configure = async (options: KeysOptions, secret: string, actor: Actor): Promise<void> => {
  const { repositories, audit, clock, hash } = options;
  const known = await findWith(options, secret);
  if (known?.id === CONFIGURED_ID) return;
  if (known !== null && (await repositories.find(CONFIGURED_ID)) === null) return;
  await audit.change(actor, async ({ api_keys }, record) => {
    const removed = await api_keys.remove(null, CONFIGURED_ID);
    if (removed !== null) {
      await record({ action: 'api_key.deleted', subject: CONFIGURED_ID, before: auditedKey(removed) });
    }
    if (known !== null) return;
    const key: ApiKey = {
      id: CONFIGURED_ID,
      name: CONFIGURED_NAME,
      scope: 'admin',
      workspace_id: null,
      hint: hintOf(secret),
      events_per_second: null,
      created_at: clock.now(),
      expires_at: null,
      last_used_at: null,
    };
    await api_keys.create(key, hash(secret));
    await record({ action: 'api_key.created', subject: CONFIGURED_ID, after: auditedKey(key) });
  });
};

const assertFuture = (expires_at: number | null, now: number): void => {
  if (expires_at === null || expires_at > now) return;
  const message = 'must be in the future';
  throw new BellwireError('invalid_input', `expires_at: ${message}.`, {
    issues: [{ path: 'expires_at', message }],
  });
};

export const createKeys = (options: KeysOptions): Keys => {
  const { repositories, audit, uses, clock, random, ids, hash } = options;
  const isExpired = ({ expires_at }: KnownKey): boolean => expires_at !== null && expires_at <= clock.now();
  const callerWith = async (secret: string): Promise<KeyCaller> => {
    const known = await findWith(options, secret);
    if (known === null) {
      throw unauthenticated(
        'This API key is not known here: it was mistyped, deleted, or belongs to another server. Use another one.',
      );
    }
    if (isExpired(known)) {
      throw unauthenticated(
        `This API key expired at ${new Date(known.expires_at ?? 0).toISOString()}. Create another one.`,
      );
    }
    uses.add(known.id);
    return toCaller(known);
  };
  return {
    create: async (input, actor) => {
      const now = clock.now();
      assertFuture(input.expires_at, now);
      const id = ids('key');
      const secret = composeKey(input.scope, id, random.bytes);
      const key = { id, ...input, hint: hintOf(secret), created_at: now, last_used_at: null };
      // 256 random bits need no slow hash: they cannot be guessed.
      await audit.change(actor, async ({ api_keys }, record) => {
        await api_keys.create(key, hash(secret));
        await record({ action: 'api_key.created', subject: key.id, after: auditedKey(key) });
      });
      return { key, secret };
    },
    configure: (secret, actor) => configure(options, secret, actor),
    callerWith,
    callerOf: async (key_id) => {
      const known = await repositories.find(key_id);
      if (known === null || isExpired(known)) return null;
      uses.add(known.id);
      return toCaller(known);
    },
    authenticate: async (authorization) => {
      const [, secret] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '') ?? [];
      if (secret !== undefined) return callerWith(secret);
      throw unauthenticated(
        authorization === undefined
          ? 'This call requires an API key. Send it as the header "Authorization: Bearer <key>".'
          : 'The header Authorization cannot be read. It must read "Authorization: Bearer <key>".',
      );
    },
  };
};
