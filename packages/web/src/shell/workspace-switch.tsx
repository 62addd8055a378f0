import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../data/client.tsx';
import { useSession } from '../session/session-provider.tsx';
import { useWorkspace } from './workspace.ts';
import { visibleText } from '../design/visible-text.ts';

const DEFAULT = 'ws_default';

/** Switches between workspaces; absent where there is only one. */
export const WorkspaceSwitch = () => {
  const bellwire = useBellwire();
  const { scope } = useSession();
  const { workspace } = useWorkspace();
  const { data } = useQuery({
    queryKey: ['workspaces'],
    queryFn: async () => (await bellwire.workspaces.list({ limit: 1000 })).data,
    enabled: scope === 'admin',
  });
  if (data === undefined || data.length < 2) return null;
  const open = (id: string): void => location.assign(id === DEFAULT ? '/' : `/w/${id}/`);
  return (
    <select
      className="input"
      aria-label="Workspace"
      value={workspace ?? DEFAULT}
      onChange={(event) => open(event.currentTarget.value)}
    >
      {data.map(({ id, name }) => (
        <option key={id} value={id}>
          {visibleText(name)}
        </option>
      ))}
    </select>
  );
};
