import type { EventType } from '@bellwire/client';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';

/** The whole catalog, at most a thousand types. */
export const useTypes = (): UseQueryResult<readonly EventType[]> => {
  const bellwire = useBellwire();
  return useQuery<readonly EventType[]>({
    queryKey: ['event_types', 'all'],
    queryFn: async ({ signal }) => (await bellwire.eventTypes.list({ limit: 1000 }, { signal })).data,
  });
};

/** One entry of the catalog. */
export const useType = (name: string): UseQueryResult<EventType> => {
  const bellwire = useBellwire();
  return useQuery<EventType>({
    queryKey: ['event_types', 'one', name],
    queryFn: ({ signal }) => bellwire.eventTypes.get(name, { signal }),
  });
};
