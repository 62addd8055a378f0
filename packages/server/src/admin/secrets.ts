import type { Audit, HookRef } from './audit.ts';
import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import { type SecretState, secretState } from '../core/secret-state.ts';
import { type HookLookup, noSuchHook } from './hook-lookup.ts';
import { validateHook } from './validate-hook.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { Store } from '../ports/store.ts';
import type { UrlPolicy } from '../ports/url-policy.ts';
import type { ListedHook } from '../ports/repositories.ts';

/** The signing secrets of a hook. Every action is written to the audit log. */
export interface Secrets {
  /**
   * Sets a new current secret, given or generated. The previous one remains valid for `grace_ms`; at most ten do.
   * @throws BellwireError `not_found`, `invalid_input`.
   */
  readonly rotate: (
    at: HookRef,
    input: { readonly secret?: string | undefined; readonly grace_ms: number },
  ) => Promise<{ readonly hook: ListedHook; readonly secret: string }>;
  /** Ends the grace period of the previous secrets now. */
  readonly switchNow: (at: HookRef) => Promise<ListedHook>;
  /** The live secrets of a hook, the current one first. */
  readonly reveal: (at: HookRef) => Promise<readonly RevealedSecret[]>;
  /** Which of its secrets sign now, and until when. */
  readonly stateOf: (hook: ListedHook) => SecretState;
}

export interface RevealedSecret {
  readonly secret: string;
  readonly expires_at: number | null;
}

export interface SecretsOptions {
  readonly audit: Audit;
  readonly store: Store;
  readonly lookup: HookLookup;
  readonly clock: Clock;
  readonly ids: IdFactory;
  readonly random: Random;
  readonly url_policy: UrlPolicy;
  readonly dialects: ReadonlyMap<string, Dialect>;
}

const unreadable = (hook_id: string): BellwireError =>
  new BellwireError(
    'internal',
    `The secrets of the hook ${hook_id} cannot be decrypted with BELLWIRE_ENCRYPTION_KEYS (or the key file). Restore the missing key, or rotate the secret.`,
  );

export const createSecrets = (options: SecretsOptions): Secrets => {
  const { audit, store, lookup, clock, ids, dialects } = options;

  return {
    rotate: async (at, { secret, grace_ms }) => {
      const { workspace_id, hook_id } = at;
      const [hook, catalog] = await Promise.all([
        lookup.get(workspace_id, hook_id),
        lookup.catalog(workspace_id),
      ]);
      const dialect = lookup.dialect(hook.dialect);
      validateHook({ secret }, { dialect, catalog, url_policy: options.url_policy });
      const value = secret ?? dialect.secret.make(options.random.bytes);
      const now = clock.now();
      const rotation = { secret: { id: ids('sec'), value }, now, previous_expires_at: now + grace_ms };
      const rotated = await audit.change(at, async ({ hooks }, record) => {
        const changed = await hooks.rotateSecret(workspace_id, hook_id, rotation);
        if (changed === null) throw noSuchHook(hook_id);
        await record({ action: 'secret.rotated', subject: hook_id, tenant: changed.tenant });
        return changed;
      });
      return { hook: rotated, secret: value };
    },
    switchNow: (at) =>
      audit.change(at, async ({ hooks }, record) => {
        const hook = await hooks.dropPreviousSecrets(at.workspace_id, at.hook_id, clock.now());
        if (hook === null) throw noSuchHook(at.hook_id);
        await record({ action: 'secret.switched', subject: hook.id, tenant: hook.tenant });
        return hook;
      }),
    reveal: async (at) => {
      const { workspace_id, hook_id } = at;
      const { tenant } = await lookup.get(workspace_id, hook_id);
      const hook = (await store.hooks([hook_id])).get(hook_id);
      if (hook === undefined) throw noSuchHook(hook_id);
      if (hook === null) throw unreadable(hook_id);
      if (hook.secrets.length === 0) {
        throw new BellwireError(
          'not_found',
          `The hook ${hook_id} has no secret: its requests are not signed.`,
        );
      }
      // Audited before it is returned: a superfluous entry is better than an unaudited secret.
      await audit.change(at, (_, record) => record({ action: 'secret.revealed', subject: hook_id, tenant }));
      const now = clock.now();
      return hook.secrets
        .filter(({ expires_at }) => expires_at === null || expires_at > now)
        .map(({ value, expires_at }) => ({ secret: value, expires_at }));
    },
    stateOf: ({ dialect, secret_expiries }) =>
      secretState(secret_expiries, {
        signs_with: dialects.get(dialect)?.signs_with ?? 'one',
        now: clock.now(),
      }),
  };
};
