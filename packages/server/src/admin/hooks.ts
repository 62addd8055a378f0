import { readGivenCertificate } from './client-certificates.ts';
import { auditedHook, type HookRef } from './audit.ts';
import { assertFilter } from './check-filter.ts';
import {
  createHook,
  type CreatedHook,
  type CreateHookOptions,
  notValidated,
  pingAfterChange,
} from './create-hook.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { type HookPatch, type NewHookInput, toDelays } from './hook-input.ts';
import { noSuchHook } from './hook-lookup.ts';
import { validateHook } from './validate-hook.ts';
import type { RecoveryJobs, Selection } from './recoveries.ts';
import { withoutUndefined } from './without-undefined.ts';
import type { HookChange, ListedHook } from '../ports/repositories.ts';

/** An active hook, with the number of deliveries that were held for it. */
export interface ActivatedHook {
  readonly hook: ListedHook;
  readonly held: number;
  /** The recovery that sends them, when requested. */
  readonly recovery_id: string | null;
}

/** Manages hooks; `by` is the id of the caller's API key. All throw `not_found` for a hook that does not exist. */
export interface Hooks {
  /** Returns the new hook with its secret. @throws BellwireError `url_refused`, `invalid_input`, … */
  readonly create: (workspace_id: string, input: NewHookInput, by: string) => Promise<CreatedHook>;
  readonly update: (at: HookRef, patch: HookPatch) => Promise<ListedHook>;
  /** @throws BellwireError `not_validated` if the dialect requires validation first. */
  readonly activate: (at: HookRef, recover: boolean) => Promise<ActivatedHook>;
  readonly deactivate: (at: HookRef) => Promise<ListedHook>;
  readonly remove: (at: HookRef) => Promise<void>;
}

export interface HooksOptions extends CreateHookOptions {
  readonly recoveryJobs: RecoveryJobs;
}

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

const heldFor = ({ id, created_at }: ListedHook): Selection => ({
  delivery_ids: null,
  hook_id: id,
  tenant: null,
  event_type: null,
  outcome: null,
  since: created_at,
  until: null,
  statuses: ['held'],
});

/** Sends the deliveries that are held for an active hook, if requested. */
const recoverHeld = async (
  { repositories, recoveryJobs }: HooksOptions,
  { hook, by }: { readonly hook: ListedHook; readonly by: string },
  recover: boolean,
): Promise<ActivatedHook> => {
  const held = await repositories.deliveries.countHeld(hook.id);
  if (!recover || held === 0) return { hook, held, recovery_id: null };
  const { id } = await recoveryJobs.create({ workspace_id: hook.workspace_id, by }, 'recover', heldFor(hook));
  return { hook, held, recovery_id: id };
};

export const createHooks = (options: HooksOptions): Hooks => {
  const { audit, lookup, clock, ids, url_policy } = options;

  const setActive = async (at: HookRef, active: boolean): Promise<ListedHook> => {
    const hook = await lookup.get(at.workspace_id, at.hook_id);
    const change = statusChange(active, hook, lookup.dialect(hook.dialect));
    return lookup.change(at, change, active ? 'hook.activated' : 'hook.deactivated');
  };

  return {
    create: (workspace_id, input, by) => createHook(options, { workspace_id, by }, input),
    update: async (at, { active, secret, client_certificate: given, retry_schedule, ...patch }) => {
      const { workspace_id, hook_id } = at;
      const [hook, catalog] = await Promise.all([
        lookup.get(workspace_id, hook_id),
        lookup.catalog(workspace_id),
      ]);
      const dialect = lookup.dialect(hook.dialect);
      const { ordered = hook.ordered } = patch;
      const validated = { ...patch, ordered, tenant: hook.tenant ?? undefined, secret };
      validateHook(validated, { dialect, catalog, url_policy });
      if (patch.filter !== undefined || patch.events !== undefined) {
        const { filter = hook.filter, events = hook.events } = patch;
        if (filter !== null) assertFilter(await options.checkFilter(workspace_id, { filter, events }));
      }
      const client_certificate = readGivenCertificate(options, given);
      const moved = urlChange(patch.url, hook, dialect);
      const current = moved.status === undefined ? hook : { ...hook, validated_at: null };
      const change = {
        ...withoutUndefined({ ...patch, client_certificate }),
        ...(retry_schedule === undefined ? {} : { retry_schedule: toDelays(retry_schedule) }),
        ...moved,
        ...(secret === undefined
          ? {}
          : { secret: secret === null ? null : { id: ids('sec'), value: secret } }),
        ...(active === undefined ? {} : statusChange(active, current, dialect)),
      };
      const changed = await lookup.change(at, change, 'hook.updated');
      await pingAfterChange(options, changed, dialect);
      return changed;
    },
    activate: async (at, recover) =>
      recoverHeld(options, { hook: await setActive(at, true), by: at.by }, recover),
    deactivate: (at) => setActive(at, false),
    remove: (at) =>
      audit.change(at, async (repositories, record) => {
        const { workspace_id, hook_id: id } = at;
        const before = await repositories.hooks.get(workspace_id, id);
        const is_removed = await repositories.hooks.remove(workspace_id, id, clock.now());
        if (before === null || !is_removed) throw noSuchHook(id);
        const about = { action: 'hook.deleted', subject: id, tenant: before.tenant } as const;
        await record({ ...about, before: auditedHook(before) });
      }),
  };
};
