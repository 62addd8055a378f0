import { auditHook, type HookRef } from './audit.ts';
import { BellwireError, coerceError } from '../core/errors.ts';
import type { HookStatus } from '../core/hook.ts';
import type { IdFactory } from '../core/ids.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { HookInput, HookPatch } from './hook-input.ts';
import { type HookLookup, noSuchHook } from './hook-lookup.ts';
import { validateHook } from './validate-hook.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { UrlPolicy } from '../ports/url-policy.ts';
import type { HookChange, ListedHook, NewHook, Repositories } from '../ports/repositories.ts';
import type { TestSends } from './test-sends.ts';

/** Manages hooks; `by` is the id of the caller's API key. All throw `not_found` for a hook that does not exist. */
export interface Hooks {
  /** Returns the new hook with its secret. @throws BellwireError `url_refused`, `invalid_input`, … */
  readonly create: (
    workspace_id: string,
    input: HookInput,
    by: string,
  ) => Promise<{ readonly hook: ListedHook; readonly secret: string | null }>;
  readonly update: (at: HookRef, patch: HookPatch) => Promise<ListedHook>;
  /** @throws BellwireError `not_validated` if the dialect requires validation first. */
  readonly activate: (workspace_id: string, id: string) => Promise<ListedHook>;
  readonly deactivate: (workspace_id: string, id: string) => Promise<ListedHook>;
  readonly remove: (workspace_id: string, id: string) => Promise<void>;
}

export interface HooksOptions {
  readonly repositories: Repositories;
  readonly lookup: HookLookup;
  readonly testSends: TestSends;
  readonly clock: Clock;
  readonly ids: IdFactory;
  readonly random: Random;
  readonly url_policy: UrlPolicy;
  readonly log: Log;
}

const withoutUndefined = <T extends object>(input: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const notValidated = (dialect: Dialect): BellwireError =>
  new BellwireError(
    'not_validated',
    `A hook of the dialect "${dialect.name}" must be validated before it can be active. Call POST /v1/webhooks/{id}/validate, then activate it.`,
    { issues: [{ path: 'active', message: 'cannot be true before the hook is validated' }] },
  );

const firstStatus = (active: boolean | undefined, dialect: Dialect): HookStatus => {
  if (dialect.handshake !== 'validate') return active === false ? 'paused' : 'active';
  if (active === true) throw notValidated(dialect);
  return 'unvalidated';
};

const statusChange = (active: boolean, hook: ListedHook, dialect: Dialect): HookChange => {
  const isValidated = dialect.handshake !== 'validate' || hook.validated_at !== null;
  if (active && !isValidated) throw notValidated(dialect);
  if (active) return { status: 'active', disabled_reason: null };
  return { status: isValidated ? 'paused' : 'unvalidated', disabled_reason: null };
};

/** A new URL must be validated again. */
const urlChange = (url: string | undefined, hook: ListedHook, dialect: Dialect): HookChange =>
  dialect.handshake === 'validate' && url !== undefined && url !== hook.url
    ? { status: 'unvalidated', validated_at: null, disabled_reason: null }
    : {};

type ToCreate = Pick<NewHook, 'id' | 'workspace_id' | 'secret'> & {
  readonly dialect: Dialect;
  readonly now: number;
};

const newHook = (input: HookInput, { dialect, now, ...rest }: ToCreate): NewHook => ({
  ...rest,
  tenant: input.tenant ?? null,
  name: input.name ?? new URL(input.url).host,
  description: input.description ?? '',
  metadata: input.metadata ?? {},
  url: input.url,
  events: input.events,
  method: input.method ?? 'POST',
  content_type: input.content_type ?? 'application/json',
  dialect: dialect.name,
  status: firstStatus(input.active, dialect),
  disabled_reason: null,
  insecure_ssl: input.insecure_ssl ?? false,
  max_attempts: input.max_attempts ?? null,
  timeout_ms: input.timeout_ms ?? null,
  validated_at: null,
  created_at: now,
  updated_at: now,
  headers: input.headers ?? {},
});

/** Audits disabled TLS verification, and pings the hook if its dialect requires that after a change. */
const followUp = async (
  options: HooksOptions,
  at: HookRef,
  { dialect, insecure_ssl }: { readonly dialect: Dialect; readonly insecure_ssl: boolean | undefined },
): Promise<void> => {
  if (insecure_ssl === true) await auditHook(options, at, 'insecure_ssl.enabled');
  if (dialect.handshake !== 'ping') return;
  const { workspace_id, hook_id } = at;
  try {
    // Not awaited beyond its acceptance: a slow receiver must not delay the change.
    await options.testSends.ping(workspace_id, hook_id);
  } catch (error) {
    // The hook is already stored, so a refused ping must not fail the call.
    const { code } = coerceError(error);
    options.log.warn('could not queue the ping of a created or changed hook', { hook_id, code });
  }
};

export const createHooks = (options: HooksOptions): Hooks => {
  const { repositories, lookup, clock, ids, random, url_policy } = options;

  const secretOf = (dialect: Dialect, secret: string | null | undefined): NewHook['secret'] => {
    const isGenerated = secret === undefined && dialect.secret.presence !== 'optional';
    const value = isGenerated ? dialect.secret.make(random.bytes) : secret;
    return typeof value === 'string' ? { id: ids('sec'), value } : null;
  };

  const setActive = async (workspace_id: string, id: string, active: boolean): Promise<ListedHook> => {
    const hook = await lookup.get(workspace_id, id);
    return lookup.change(workspace_id, id, statusChange(active, hook, lookup.dialect(hook.dialect)));
  };

  return {
    create: async (workspace_id, input, by) => {
      const catalog = await lookup.catalog(workspace_id);
      const dialect = lookup.dialect(input.dialect ?? catalog.dialect);
      validateHook(input, { dialect, catalog, url_policy });
      const now = clock.now();
      const secret = secretOf(dialect, input.secret);
      const hook = await repositories.hooks.create(
        newHook(input, { id: ids('wh'), workspace_id, secret, dialect, now }),
      );
      const at = { workspace_id, hook_id: hook.id, by };
      await followUp(options, at, { dialect, insecure_ssl: input.insecure_ssl });
      return { hook, secret: secret?.value ?? null };
    },
    update: async (at, { active, secret, ...patch }) => {
      const { workspace_id, hook_id } = at;
      const [hook, catalog] = await Promise.all([
        lookup.get(workspace_id, hook_id),
        lookup.catalog(workspace_id),
      ]);
      const dialect = lookup.dialect(hook.dialect);
      validateHook({ ...patch, secret }, { dialect, catalog, url_policy });
      // Before the change, as for a rotation.
      if (secret !== undefined) {
        await auditHook(options, at, secret === null ? 'secret.removed' : 'secret.replaced');
      }
      const moved = urlChange(patch.url, hook, dialect);
      const current = moved.status === undefined ? hook : { ...hook, validated_at: null };
      const changed = await lookup.change(workspace_id, hook_id, {
        ...withoutUndefined(patch),
        ...moved,
        ...(secret === undefined
          ? {}
          : { secret: secret === null ? null : { id: ids('sec'), value: secret } }),
        ...(active === undefined ? {} : statusChange(active, current, dialect)),
      });
      await followUp(options, at, { dialect, insecure_ssl: patch.insecure_ssl });
      return changed;
    },
    activate: (workspace_id, id) => setActive(workspace_id, id, true),
    deactivate: (workspace_id, id) => setActive(workspace_id, id, false),
    remove: async (workspace_id, id) => {
      if (!(await repositories.hooks.remove(workspace_id, id, clock.now()))) throw noSuchHook(id);
    },
  };
};
