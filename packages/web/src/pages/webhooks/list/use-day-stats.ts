import type { Stats } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../../data/client.tsx';
import { fewAtOnce } from '../../../data/few-at-once.ts';

/** The statistics are a summary: another minute changes little. */
const STALE_MS = 60_000;

/** The server reads one thing after another, so more would only delay the other calls of the page. */
const inTurn = fewAtOnce(6);

/** The last 24 hours of a hook by the hour. Only the visible rows of the list ask for them. */
export const useDayStats = (hook_id: string): Stats | undefined => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['stats', 'hook', hook_id, 'day'],
    queryFn: ({ signal }) => inTurn(() => bellwire.hooks.stats(hook_id, { step: '1h' }, { signal }), signal),
    staleTime: STALE_MS,
  }).data;
};
