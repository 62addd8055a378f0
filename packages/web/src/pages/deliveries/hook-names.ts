import type { Delivery, Hook } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useArea } from '../../shell/area.ts';
import { useBellwire } from '../../data/client.tsx';
import { visibleText } from '../../design/visible-text.ts';

/** The hooks that a page loads at once. */
export const HOOKS_LOADED = 1_000;

/** The newest hooks of the workspace, at most a thousand. */
export const useHookList = () => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['hooks', 'names'],
    queryFn: async ({ signal }) => (await bellwire.hooks.list({ limit: HOOKS_LOADED }, { signal })).data,
  });
};

/** The hooks of the workspace for names and filters, at most a thousand. */
export const useHooks = (): readonly Hook[] => useHookList().data ?? NONE;

const NONE: readonly Hook[] = [];

/** Names the webhook of a delivery, with its tenant and visible control characters. */
export const useNames = (): ((delivery: Delivery) => string) => {
  const hooks = useHooks();
  const { is_portal } = useArea();
  return useMemo(() => {
    const names = new Map(hooks.map(({ id, name }) => [id, name]));
    return ({ hook_id, tenant, url }) => {
      const name = names.get(hook_id) ?? url ?? hook_id;
      return visibleText(tenant === null || is_portal ? name : `${name} · ${tenant}`);
    };
  }, [hooks, is_portal]);
};
