import type { Delivery, Hook } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useBellwire } from '../../data/client.tsx';

/** The hooks of the workspace for names and filters, at most a thousand. */
export const useHooks = (): readonly Hook[] => {
  const bellwire = useBellwire();
  const { data } = useQuery({
    queryKey: ['hooks', 'names'],
    queryFn: async ({ signal }) => (await bellwire.hooks.list({ limit: 1000 }, { signal })).data,
  });
  return data ?? NONE;
};

const NONE: readonly Hook[] = [];

/** Names the webhook of a delivery, with its tenant. */
export const useNames = (): ((delivery: Delivery) => string) => {
  const hooks = useHooks();
  return useMemo(() => {
    const names = new Map(hooks.map(({ id, name }) => [id, name]));
    return ({ hook_id, tenant, url }) => {
      const name = names.get(hook_id) ?? url ?? hook_id;
      return tenant === null ? name : `${name} · ${tenant}`;
    };
  }, [hooks]);
};
