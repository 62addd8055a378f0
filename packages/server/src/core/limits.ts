/** The limits of a tenant. A tenant has only those that were set; null removes one that was set. */
export type TenantLimits = {
  /** Maximum number of hooks. */
  readonly max_hooks: number | null;
  /** Maximum rate at which its events are accepted. */
  readonly events_per_second: number | null;
};

export const NO_LIMITS: TenantLimits = { max_hooks: null, events_per_second: null };

/** Maximum number of hooks of a workspace, with those of its tenants. */
export const WORKSPACE_HOOKS_MAX = 50_000;
/** Maximum number of hooks of a tenant without its own limit. */
const TENANT_HOOKS_MAX = 1_000;

/** Maximum of a limit of events per second: more than one process accepts. */
export const EVENTS_PER_SECOND_MAX = 100_000;

export const maxHooksOf = ({ max_hooks }: TenantLimits): number => max_hooks ?? TENANT_HOOKS_MAX;

/** The limits with the given ones replaced. */
export const changedLimits = (
  limits: TenantLimits,
  change: { readonly [K in keyof TenantLimits]?: TenantLimits[K] | undefined },
): TenantLimits => ({
  max_hooks: change.max_hooks === undefined ? limits.max_hooks : change.max_hooks,
  events_per_second:
    change.events_per_second === undefined ? limits.events_per_second : change.events_per_second,
});

/** The limits of a stored JSON text, which has only those that were set. */
export const toLimits = (text: string): TenantLimits => ({
  ...NO_LIMITS,
  ...(JSON.parse(text) as Partial<TenantLimits>),
});
