import { auditHook, type HookRef } from './audit.ts';
import {
  createHook,
  type CreatedHook,
  type CreateHookOptions,
  followUp,
  notValidated,
} from './create-hook.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { HookPatch, NewHookInput } from './hook-input.ts';
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
  readonly activate: (workspace_id: string, id: string, recover: boolean) => Promise<ActivatedHook>;
  readonly deactivate: (workspace_id: string, id: string) => Promise<ListedHook>;
  readonly remove: (workspace_id: string, id: string) => Promise<void>;
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
  hook: ListedHook,
  recover: boolean,
): Promise<ActivatedHook> => {
  const held = await repositories.deliveries.countHeld(hook.id);
  if (!recover || held === 0) return { hook, held, recovery_id: null };
  const { id } = await recoveryJobs.create(hook.workspace_id, 'recover', heldFor(hook));
  return { hook, held, recovery_id: id };
};

export const createHooks = (options: HooksOptions): Hooks => {
  const { repositories, lookup, clock, ids, url_policy } = options;

  const setActive = async (workspace_id: string, id: string, active: boolean): Promise<ListedHook> => {
    const hook = await lookup.get(workspace_id, id);
    return lookup.change(workspace_id, id, statusChange(active, hook, lookup.dialect(hook.dialect)));
  };

  return {
    create: (workspace_id, input, by) => createHook(options, { workspace_id, by }, input),
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
    activate: async (workspace_id, id, recover) =>
      recoverHeld(options, await setActive(workspace_id, id, true), recover),
    deactivate: (workspace_id, id) => setActive(workspace_id, id, false),
    remove: async (workspace_id, id) => {
      if (!(await repositories.hooks.remove(workspace_id, id, clock.now()))) throw noSuchHook(id);
    },
  };
};
