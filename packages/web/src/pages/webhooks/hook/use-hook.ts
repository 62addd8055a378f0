import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../../data/client.tsx';

/** A hook by its id. */
export const useHook = (id: string) => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['hooks', id],
    queryFn: ({ signal }) => bellwire.hooks.get(id, { signal }),
  });
};
