import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';

const NONE: readonly string[] = [];

/** The ids of the tenants for filters, at most a thousand. */
export const useTenantNames = (): readonly string[] => {
  const bellwire = useBellwire();
  const { data } = useQuery({
    queryKey: ['tenants', 'names'],
    queryFn: async ({ signal }) =>
      (await bellwire.tenants.list({ limit: 1000 }, { signal })).data.map(({ tenant }) => tenant),
  });
  return data ?? NONE;
};
