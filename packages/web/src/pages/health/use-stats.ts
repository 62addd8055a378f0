import type { Stats } from '@bellwire/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { useLive } from '../../data/live.tsx';
import { RANGES, type RangeName } from './ranges.ts';

/** At most so often, statistics are read again while deliveries change. */
const AGAIN_MS = 5_000;

/** Reads the statistics again after deliveries have changed. */
const useFresh = (): void => {
  const queries = useQueryClient();
  const { subscribe } = useLive();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = (): void => {
      timer = undefined;
      void queries.invalidateQueries({ queryKey: ['stats'] });
    };
    const unsubscribe = subscribe(() => (timer ??= setTimeout(read, AGAIN_MS)));
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [queries, subscribe]);
};

/** The statistics of the workspace, or of a tenant, for a range that ends now. */
export const useStats = (range: RangeName, tenant: string | null = null) => {
  const bellwire = useBellwire();
  useFresh();
  return useQuery<Stats>({
    queryKey: ['stats', tenant, range],
    queryFn: ({ signal }) => {
      const { length_ms, step } = RANGES[range];
      const query = { from: new Date(Date.now() - length_ms).toISOString(), step };
      return tenant === null
        ? bellwire.stats.get(query, { signal })
        : bellwire.tenants.stats(tenant, query, { signal });
    },
    placeholderData: (before) => before,
  });
};
