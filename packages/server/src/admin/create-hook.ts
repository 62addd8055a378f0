import { type Actor, type Audit, auditedHook } from './audit.ts';
import { BellwireError, coerceError } from '../core/errors.ts';
import type { HookStatus } from '../core/hook.ts';
import type { CreationKey } from '../core/idempotency.ts';
import type { IdFactory } from '../core/ids.ts';
import { canonicalJson } from '../core/json.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { assertFilter, type CheckFilter } from './check-filter.ts';
import { type HookInput, type NewHookInput, toDelays } from './hook-input.ts';
import { readGivenCertificate } from './client-certificates.ts';
import type { HookLookup } from './hook-lookup.ts';
import { assertHookLimits } from './hook-limits.ts';
import { validateHook } from './validate-hook.ts';
import { withoutUndefined } from './without-undefined.ts';
import type { ReadClientCertificate } from '../ports/client-certificates.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { UrlPolicy } from '../ports/url-policy.ts';
import type { ListedHook, NewHook, Repositories } from '../ports/repositories.ts';
import type { TestSends } from './test-sends.ts';

export interface CreateHookOptions {
  readonly repositories: Repositories;
  readonly audit: Audit;
  readonly lookup: HookLookup;
  readonly testSends: TestSends;
  readonly clock: Clock;
  readonly ids: IdFactory;
  readonly random: Random;
  readonly hash: Hash;
  readonly url_policy: UrlPolicy;
  readonly readClientCertificate: ReadClientCertificate;
  readonly log: Log;
  readonly checkFilter: CheckFilter;
}

export interface CreatedHook {
  readonly hook: ListedHook;
  /** Null without one. In a repeated answer also if it is no longer the current secret. */
  readonly secret: string | null;
}

export const notValidated = (dialect: Dialect): BellwireError =>
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

type ToCreate = Pick<NewHook, 'id' | 'workspace_id' | 'secret' | 'client_certificate'> & {
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
  filter: input.filter ?? null,
  method: input.method ?? 'POST',
  content_type: input.content_type ?? 'application/json',
  ordered: input.ordered ?? false,
  order_key: input.order_key ?? null,
  dialect: dialect.name,
  status: firstStatus(input.active, dialect),
  disabled_reason: null,
  insecure_ssl: input.insecure_ssl ?? false,
  max_attempts: input.max_attempts ?? null,
  retry_schedule: toDelays(input.retry_schedule ?? null),
  timeout_ms: input.timeout_ms ?? null,
  rate_limit: input.rate_limit ?? null,
  validated_at: null,
  created_at: now,
  updated_at: now,
  headers: input.headers ?? {},
});

/** Pings the hook if its dialect requires that after a change. */
export const pingAfterChange = async (
  options: CreateHookOptions,
  { workspace_id, id: hook_id }: ListedHook,
  dialect: Dialect,
): Promise<void> => {
  if (dialect.handshake !== 'ping') return;
  try {
    // Not awaited beyond its acceptance: a slow receiver must not delay the change.
    await options.testSends.ping(workspace_id, hook_id);
  } catch (error) {
    // The hook is already stored, so a refused ping must not fail the call.
    const { code } = coerceError(error);
    options.log.warn('could not queue the ping of a created or changed hook', { hook_id, code });
  }
};

const newSecret = (
  { ids, random }: CreateHookOptions,
  dialect: Dialect,
  secret: string | null | undefined,
): NewHook['secret'] => {
  const isGenerated = secret === undefined && dialect.secret.presence !== 'optional';
  const value = isGenerated ? dialect.secret.make(random.bytes) : secret;
  return typeof value === 'string' ? { id: ids('sec'), value } : null;
};

/** The hook that an idempotency key already created. @throws BellwireError `idempotency_conflict` */
const repeated = async (
  options: CreateHookOptions,
  actor: Actor,
  { tenant, idempotency_key, fingerprint }: CreationKey & Pick<NewHook, 'tenant'>,
): Promise<CreatedHook> => {
  const first = await options.repositories.hooks.ofKey(
    { workspace_id: actor.workspace_id, tenant },
    idempotency_key,
  );
  if (first === null) {
    throw new BellwireError(
      'idempotency_conflict',
      'The hook of this idempotency key was deleted during this call. Nothing was created; repeat the call.',
    );
  }
  const { hook, secret } = first;
  if (first.fingerprint !== fingerprint) {
    throw new BellwireError(
      'idempotency_conflict',
      `This idempotency key was already used for a different hook (${hook.id}). Send the same body again, or use a new key.`,
    );
  }
  // Audited before it is returned, as for every secret that is shown again.
  if (secret !== null) {
    await options.audit.change(actor, (_, record) =>
      record({ action: 'secret.revealed', subject: hook.id, tenant: hook.tenant }),
    );
  }
  return { hook, secret };
};

/**
 * Creates a hook, once for each idempotency key of its tenant: the same input again returns the hook as it is now.
 * @throws BellwireError `url_refused`, `invalid_input`, `idempotency_conflict`, `too_many_hooks`, …
 */
export const createHook = async (
  options: CreateHookOptions,
  actor: Actor,
  { idempotency_key, ...input }: NewHookInput,
): Promise<CreatedHook> => {
  const { audit, lookup, clock, ids, hash } = options;
  const { workspace_id } = actor;
  const catalog = await lookup.catalog(workspace_id);
  const dialect = lookup.dialect(input.dialect ?? catalog.dialect);
  validateHook(input, { dialect, catalog, url_policy: options.url_policy });
  const { filter = null, events } = input;
  if (filter !== null) assertFilter(await options.checkFilter(workspace_id, { filter, events }));
  const secret = newSecret(options, dialect, input.secret);
  const client_certificate = readGivenCertificate(options, input.client_certificate ?? null);
  const parts = { id: ids('wh'), workspace_id, secret, client_certificate, dialect, now: clock.now() };
  const wanted = newHook(input, parts);
  const key =
    idempotency_key === undefined
      ? undefined
      : { idempotency_key, fingerprint: hash(canonicalJson(withoutUndefined(input))) };
  const hook = await audit.change(actor, async (repositories, record) => {
    const created = await repositories.hooks.create(wanted, key);
    if (created === null) return null;
    await assertHookLimits(repositories, created);
    const about = { action: 'hook.created', subject: created.id, tenant: created.tenant } as const;
    await record({ ...about, after: auditedHook(created) });
    return created;
  });
  if (hook === null) {
    if (key === undefined) throw new Error(`the hook id ${wanted.id} is taken`);
    return repeated(options, actor, { ...key, tenant: wanted.tenant });
  }
  await pingAfterChange(options, hook, dialect);
  return { hook, secret: secret?.value ?? null };
};
