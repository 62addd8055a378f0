import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';

const NONE: readonly string[] = [];

/** The names of the event types of the catalog. */
export const useEventTypes = (): readonly string[] => {
  const bellwire = useBellwire();
  const { data } = useQuery({
    queryKey: ['event_types', 'names'],
    queryFn: async ({ signal }) =>
      (await bellwire.eventTypes.list({ limit: 1000 }, { signal })).data.map(({ name }) => name),
  });
  return data ?? NONE;
};
