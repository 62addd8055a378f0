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
import type { HookChange, ListedHook, Repositories } from '../ports/repositories.ts';
import type { HookRef } from './secrets.ts';
import type { TestSends } from './test-sends.ts';

/**
 * A hook's life: made, changed, switched, deleted; `by` is the id of the caller's API key. All throw `not_found` for a
 * hook that is not there.
 */
export interface Hooks {
  /** The new hook with its secret, which is shown only now. @throws BellwireError `url_refused`, `invalid_input`, … */
  readonly create: (
    workspace_id: string,
    input: HookInput,
    by: string,
  ) => Promise<{ readonly hook: ListedHook; readonly secret: string | null }>;
  readonly update: (at: HookRef, patch: HookPatch) => Promise<ListedHook>;
  /** @throws BellwireError `not_validated` in a dialect whose hooks are validated first. */
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
    `A hook of the dialect "${dialect.name}" cannot be active before its receiver was validated. Call POST /v1/webhooks/{id}/validate, then activate it.`,
    { issues: [{ path: 'active', message: 'cannot be true before the hook was validated' }] },
  );

const firstStatus = (active: boolean | undefined, dialect: Dialect): HookStatus => {
  if (dialect.handshake !== 'validate') return active === false ? 'paused' : 'active';
  if (active === true) throw notValidated(dialect);
  return 'unvalidated';
};

const switched = (active: boolean, hook: ListedHook, dialect: Dialect): HookChange => {
  const isValidated = dialect.handshake !== 'validate' || hook.validated_at !== null;
  if (active && !isValidated) throw notValidated(dialect);
  if (active) return { status: 'active', disabled_reason: null };
  return { status: isValidated ? 'paused' : 'unvalidated', disabled_reason: null };
};

/** Another receiver has to be validated anew. */
const movedTo = (url: string | undefined, hook: ListedHook, dialect: Dialect): HookChange =>
  dialect.handshake === 'validate' && url !== undefined && url !== hook.url
    ? { status: 'unvalidated', validated_at: null, disabled_reason: null }
    : {};

export const createHooks = (options: HooksOptions): Hooks => {
  const { repositories, lookup, testSends, clock, ids } = options;

  const secretOf = (dialect: Dialect, secret: string | null | undefined) => {
    const isMade = secret === undefined && dialect.secret.presence !== 'optional';
    const value = isMade ? dialect.secret.make(options.random.bytes) : secret;
    return typeof value === 'string' ? { id: ids('sec'), value } : null;
  };

  /** What was done is done, also where the ping about it is turned away. */
  const pingAfterChange = async (workspace_id: string, id: string, dialect: Dialect): Promise<void> => {
    if (dialect.handshake !== 'ping') return;
    try {
      await testSends.ping(workspace_id, id);
    } catch (error) {
      const { code } = coerceError(error);
      options.log.warn('a hook was made or changed, but its ping could not be queued', { hook_id: id, code });
    }
  };

  /** Whoever switches certificate checks off is written down. */
  const auditInsecure = async (
    { workspace_id, hook_id, by }: HookRef,
    insecure_ssl?: boolean,
  ): Promise<void> => {
    if (insecure_ssl !== true) return;
    const action = 'insecure_ssl.enabled';
    await repositories.audit.add({
      id: ids('aud'),
      workspace_id,
      at: clock.now(),
      by,
      action,
      subject: hook_id,
    });
  };

  const setActive = async (workspace_id: string, id: string, active: boolean): Promise<ListedHook> => {
    const hook = await lookup.get(workspace_id, id);
    return lookup.change(workspace_id, id, switched(active, hook, lookup.dialect(hook.dialect)));
  };

  return {
    create: async (workspace_id, input, by) => {
      const catalog = await lookup.catalog(workspace_id);
      const dialect = lookup.dialect(input.dialect ?? catalog.dialect);
      validateHook(input, { dialect, catalog, url_policy: options.url_policy });
      const now = clock.now();
      const secret = secretOf(dialect, input.secret);
      const hook = await repositories.hooks.create({
        id: ids('wh'),
        workspace_id,
        tenant: input.tenant ?? null,
        name: input.name ?? new URL(input.url).host,
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
        secret,
      });
      await auditInsecure({ workspace_id, hook_id: hook.id, by }, input.insecure_ssl);
      await pingAfterChange(workspace_id, hook.id, dialect);
      return { hook, secret: secret?.value ?? null };
    },
    update: async (at, { active, ...patch }) => {
      const { workspace_id, hook_id: id } = at;
      const [hook, catalog] = await Promise.all([lookup.get(workspace_id, id), lookup.catalog(workspace_id)]);
      const dialect = lookup.dialect(hook.dialect);
      validateHook(patch, { dialect, catalog, url_policy: options.url_policy });
      const moved = movedTo(patch.url, hook, dialect);
      const standing = moved.status === undefined ? hook : { ...hook, validated_at: null };
      const changed = await lookup.change(workspace_id, id, {
        ...withoutUndefined(patch),
        ...moved,
        ...(active === undefined ? {} : switched(active, standing, dialect)),
      });
      await auditInsecure(at, patch.insecure_ssl);
      await pingAfterChange(workspace_id, id, dialect);
      return changed;
    },
    activate: (workspace_id, id) => setActive(workspace_id, id, true),
    deactivate: (workspace_id, id) => setActive(workspace_id, id, false),
    remove: async (workspace_id, id) => {
      if (!(await repositories.hooks.remove(workspace_id, id, clock.now()))) throw noSuchHook(id);
    },
  };
};
