import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../../data/client.tsx';
import { useSession } from '../../../session/session-provider.tsx';
import { useWorkspace } from '../../../shell/workspace.ts';

const DEFAULT_WORKSPACE = 'ws_default';

/** The dialect of the workspace; null until it is known. */
export const useUsualDialect = (): string | null => {
  const bellwire = useBellwire();
  const { workspace_id } = useSession();
  const { workspace } = useWorkspace();
  const id = workspace_id ?? workspace ?? DEFAULT_WORKSPACE;
  const { data, isError } = useQuery({
    queryKey: ['workspaces', id],
    queryFn: ({ signal }) => bellwire.workspaces.get(id, { signal }),
  });
  return data?.dialect ?? (isError ? '' : null);
};
