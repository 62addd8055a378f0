/** A workspace and one of its tenants; '' for what has no tenant. Work is shared between owners. */
export type Owner = readonly [workspace_id: string, tenant: string];

export const ownerOf = (owned: { readonly workspace_id: string; readonly tenant: string | null }): Owner => [
  owned.workspace_id,
  owned.tenant ?? '',
];

/** Identifies an owner in maps and sets: no id of a workspace contains a space. */
export const ownerKey = ([workspace_id, tenant]: Owner): string => `${workspace_id} ${tenant}`;

/** The owner of a key. */
export const ownerOfKey = (key: string): Owner => {
  const at = key.indexOf(' ');
  return [key.slice(0, at), key.slice(at + 1)];
};
