import { type Actor, type Audit, auditedKey } from './audit.ts';
import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { Random } from '../ports/random.ts';
import type { KeyScope } from '../core/api-key.ts';
import type { ApiKey, Repositories } from '../ports/repositories.ts';

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

/** API keys. Each is shown once, when it is created; only its hash is stored. */
export interface Keys {
  /** Returns the new key with its text, which cannot be shown again. */
  readonly create: (
    input: Pick<ApiKey, 'name' | 'scope' | 'workspace_id' | 'events_per_second'>,
    actor: Actor,
  ) => Promise<{ readonly key: ApiKey; readonly secret: string }>;
  /** Stores a given text as an admin key, unless it is stored already. */
  readonly adopt: (secret: string, name: string, actor: Actor) => Promise<void>;
  /** The caller with the key that has this hash; null if there is none. */
  readonly callerOf: (key_hash: string) => Promise<KeyCaller | null>;
  /** The caller behind an `Authorization` header. @throws BellwireError `unauthenticated`. */
  readonly authenticate: (authorization: string | undefined) => Promise<KeyCaller>;
}

export interface KeysOptions {
  readonly repositories: Repositories['api_keys'];
  readonly audit: Audit;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdFactory;
  readonly hash: Hash;
}

/** Lets secret scanners recognize a key. */
const KEY_PREFIX = 'bwk_';
const KEY_BYTES = 32;

/** A short hint for a short, user-chosen key: eight characters could be half of it. */
const hintOf = (secret: string): string =>
  secret.length >= KEY_BYTES ? `${secret.slice(0, 8)}…${secret.slice(-4)}` : `…${secret.slice(-2)}`;

const toCaller = ({
  id,
  scope,
  workspace_id,
  events_per_second,
}: Pick<ApiKey, 'id' | 'scope' | 'workspace_id' | 'events_per_second'>): KeyCaller => ({
  key_id: id,
  scope,
  workspace_id,
  events_per_second,
});

export const createKeys = ({ repositories, audit, clock, random, ids, hash }: KeysOptions): Keys => {
  const store = async (
    secret: string,
    input: Pick<ApiKey, 'name' | 'scope' | 'workspace_id' | 'events_per_second'>,
    actor: Actor,
  ): Promise<ApiKey> => {
    const key = { id: ids('key'), ...input, hint: hintOf(secret), created_at: clock.now() };
    // 256 random bits need no slow hash: they cannot be guessed.
    await audit.change(actor, async ({ api_keys }, record) => {
      await api_keys.create(key, hash(secret));
      await record({ action: 'api_key.created', subject: key.id, after: auditedKey(key) });
    });
    return key;
  };
  return {
    create: async (input, actor) => {
      const secret = KEY_PREFIX + Buffer.from(random.bytes(KEY_BYTES)).toString('base64url');
      return { key: await store(secret, input, actor), secret };
    },
    adopt: async (secret, name, actor) => {
      const known = await repositories.find(hash(secret));
      if (known === null)
        await store(secret, { name, scope: 'admin', workspace_id: null, events_per_second: null }, actor);
    },
    callerOf: async (key_hash) => {
      const known = await repositories.find(key_hash);
      return known === null ? null : toCaller(known);
    },
    authenticate: async (authorization) => {
      const [, secret] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '') ?? [];
      const known = secret === undefined ? null : await repositories.find(hash(secret));
      if (known !== null) return toCaller(known);
      throw new BellwireError(
        'unauthenticated',
        authorization === undefined
          ? 'This call requires an API key. Send it as the header "Authorization: Bearer <key>".'
          : 'This API key is not known here: it was mistyped, deleted, or belongs to another server. The header must read "Authorization: Bearer <key>".',
      );
    },
  };
};
