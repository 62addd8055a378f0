import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';

/** Every workspace, for admins. */
export const useWorkspaces = () => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['workspaces'],
    queryFn: async ({ signal }) => (await bellwire.workspaces.list({ limit: 1000 }, { signal })).data,
  });
};
