import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../../data/client.tsx';
import { useArea } from '../../../shell/area.ts';
import { useWorkspace } from '../../../shell/workspace.ts';

const DEFAULT_WORKSPACE = 'ws_default';

/** The dialect of new webhooks; null until it is known. */
export const useUsualDialect = (): string | null => {
  const bellwire = useBellwire();
  const { workspace_id, dialect } = useArea();
  const { workspace } = useWorkspace();
  const id = workspace_id ?? workspace ?? DEFAULT_WORKSPACE;
  const { data, isError } = useQuery({
    queryKey: ['workspaces', id],
    queryFn: ({ signal }) => bellwire.workspaces.get(id, { signal }),
    enabled: dialect === null,
  });
  return dialect ?? data?.dialect ?? (isError ? '' : null);
};
