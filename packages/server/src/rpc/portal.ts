import type { PortalCaller } from '../admin/keys.ts';
import { BellwireError } from '../core/errors.ts';
import type { Owned, OwnedKind, Owner } from '../ports/owned.ts';

/**
 * Whether the portal of a tenant may make a call, and what binds the call to the tenant.
 * - `ids`: the input must name hooks, deliveries, an event or a recovery, and all of them must belong to the tenant.
 * - `tenant`: the procedure restricts itself to `ctx.portal_tenant`: lists and creations.
 * - `catalog`: it concerns only the catalog of the workspace, which every customer may read.
 */
export type PortalAccess =
  | 'none'
  | { readonly may: 'read' | 'write'; readonly bound_by: 'ids' | 'tenant' | 'catalog' };

export const READS_OWN_IDS: PortalAccess = { may: 'read', bound_by: 'ids' };
export const WRITES_OWN_IDS: PortalAccess = { may: 'write', bound_by: 'ids' };
export const READS_OWN_LIST: PortalAccess = { may: 'read', bound_by: 'tenant' };
export const WRITES_OWN_LIST: PortalAccess = { may: 'write', bound_by: 'tenant' };
export const READS_CATALOG: PortalAccess = { may: 'read', bound_by: 'catalog' };

/** Every input field that names something which belongs to a tenant. */
const ID_FIELDS: Readonly<Record<string, OwnedKind>> = {
  hook_id: 'hook',
  hook_ids: 'hook',
  delivery_id: 'delivery',
  delivery_ids: 'delivery',
  event_id: 'event',
  recovery_id: 'recovery',
};

/** The maximum length of each list of ids. */
const MAX_IDS = 1_000;

const ownerOf = ({ workspace_id, tenant }: PortalCaller): Owner => ({ workspace_id, tenant });

/** The same for an id that does not exist and for one of another tenant. */
const noSuch = (kind: OwnedKind, id: string): BellwireError =>
  new BellwireError('not_found', `There is no ${kind} ${id} in this workspace.`);

/** @throws BellwireError `forbidden` unless the portal may make a call that is declared so. An absent declaration is a refusal. */
export const assertPortalMay = (caller: PortalCaller, access: PortalAccess | undefined): void => {
  if (access === undefined || access === 'none') {
    throw new BellwireError(
      'forbidden',
      'A session of the customer portal cannot make this call. It requires an API key.',
    );
  }
  if (access.may === 'write' && caller.read_only) {
    throw new BellwireError(
      'forbidden',
      'This session of the customer portal is read-only. Changes need a link that was created without read_only.',
    );
  }
};

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

/** @throws BellwireError `not_found`, `invalid_input` */
const assertOwn = async (
  owned: Owned,
  owner: Owner,
  { field, kind, value }: { readonly field: string; readonly kind: OwnedKind; readonly value: unknown },
): Promise<void> => {
  const ids = listOf(value);
  const texts = ids.filter((id) => typeof id === 'string');
  if (texts.length < ids.length || texts.length > MAX_IDS) {
    const message = `must be the id of a ${kind}, or at most ${MAX_IDS} where a list is accepted`;
    throw new BellwireError('invalid_input', `${field}: ${message}.`, { issues: [{ path: field, message }] });
  }
  const own = await owned.among(owner, kind, texts);
  const foreign = texts.find((id) => !own.has(id));
  if (foreign !== undefined) throw noSuch(kind, foreign);
};

/**
 * Refuses an input that names anything of others than the caller's tenant, before the procedure sees it.
 * @throws BellwireError `not_found` for ids, as for unknown ones; `forbidden` for another tenant; `invalid_input` if the
 *   call must name what it concerns, and does not
 */
export const assertOwnInput = async (
  owned: Owned,
  caller: PortalCaller,
  { input, access }: { readonly input: unknown; readonly access: PortalAccess | undefined },
): Promise<void> => {
  // A list would pass the checks of fields; every procedure takes an object.
  const fields = (
    typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {}
  ) as Readonly<Record<string, unknown>>;
  if (fields['tenant'] !== undefined && fields['tenant'] !== caller.tenant) {
    throw new BellwireError(
      'forbidden',
      'This session of the customer portal belongs to another tenant. Omit tenant.',
      { issues: [{ path: 'tenant', message: 'is not the tenant of this session' }] },
    );
  }
  if (fields['metadata'] !== undefined) {
    throw new BellwireError(
      'forbidden',
      'metadata cannot be read or changed in the customer portal. Omit it; name and description are for people.',
      { issues: [{ path: 'metadata', message: 'is not available in the customer portal' }] },
    );
  }
  const named = Object.entries(ID_FIELDS).filter(([field]) => fields[field] !== undefined);
  if (typeof access === 'object' && access.bound_by === 'ids' && named.length === 0) {
    throw new BellwireError(
      'invalid_input',
      'hook_id: is required in the customer portal, unless the call names deliveries, an event or a recovery.',
      { issues: [{ path: 'hook_id', message: 'is required in the customer portal' }] },
    );
  }
  const owner = ownerOf(caller);
  for (const [field, kind] of named) await assertOwn(owned, owner, { field, kind, value: fields[field] });
};

/** The hooks of the tenant among numbers: the others look as if they did not exist. */
export const ownHookIds = async (
  owned: Owned,
  caller: PortalCaller,
  ids: ReadonlyMap<number, string>,
): Promise<ReadonlyMap<number, string>> => {
  const own = await owned.among(ownerOf(caller), 'hook', [...ids.values()]);
  return new Map([...ids].filter(([, id]) => own.has(id)));
};

const isItem = (item: unknown): item is object => typeof item === 'object' && item !== null;

const hidden = (value: object): object => ({
  ...value,
  ...('metadata' in value ? { metadata: {} } : {}),
  ...('idempotency_key' in value ? { idempotency_key: null } : {}),
});

/**
 * An answer, or a page of a list, without what the workspace keeps for itself: the metadata of hooks and events, and
 * idempotency keys.
 */
export const shownInPortal = <T>(answer: T): T => {
  if (!isItem(answer)) return answer;
  const { data } = answer as { readonly data?: unknown };
  if (!Array.isArray(data)) return hidden(answer) as T;
  return { ...answer, data: data.map((item) => (isItem(item) ? hidden(item) : item)) };
};
