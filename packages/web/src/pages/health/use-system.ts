import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';
import { useSession } from '../../session/session-provider.tsx';

/** The state of the server, which only admins may read. */
export const useSystem = () => {
  const bellwire = useBellwire();
  const { scope } = useSession();
  return useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => bellwire.system.get({}, { signal }),
    enabled: scope === 'admin',
  });
};
