import type { Stats } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../../data/client.tsx';

/** The statistics are a summary: another minute changes little. */
const STALE_MS = 60_000;

/** The last 24 hours of a hook by the hour. Only the visible rows of the list ask for them. */
export const useDayStats = (hook_id: string): Stats | undefined => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['stats', 'hook', hook_id, 'day'],
    queryFn: ({ signal }) => bellwire.hooks.stats(hook_id, { step: '1h' }, { signal }),
    staleTime: STALE_MS,
  }).data;
};
