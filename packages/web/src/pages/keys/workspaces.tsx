import type { Workspace } from '@bellwire/client';
import { useState } from 'react';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { AgoWords } from '../../design/ago-words.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { CreateWorkspace } from './create-workspace.tsx';
import { useWorkspaces } from './use-workspaces.ts';

/** The isolated environments of the server. */
export const Workspaces = () => {
  const [creating, setCreating] = useState(false);
  const { data, error, refetch } = useWorkspaces();
  return (
    <section className="stack" aria-label="Workspaces">
      <h2>Workspaces</h2>
      <p className="quiet">
        Each has its own webhooks, events, catalog and keys. Use one for each product or environment.
      </p>
      <Failure error={error} onRetry={() => void refetch()} />
      <ul>
        {data?.map((workspace) => (
          <WorkspaceRow key={workspace.id} workspace={workspace} />
        ))}
      </ul>
      <div>
        <Button onClick={() => setCreating(true)}>New workspace</Button>
      </div>
      {creating ? <CreateWorkspace onClose={() => setCreating(false)} /> : null}
    </section>
  );
};

/** Another workspace has other data under the same addresses, so the whole page changes. */
const addressOf = (id: string): string => (id === 'ws_default' ? '/' : `/w/${id}/`);

const WorkspaceRow = ({ workspace }: { readonly workspace: Workspace }) => {
  const { id, name, dialect, strict, created_at } = workspace;
  return (
    <li className="key-row workspace-row">
      <a className="cut" href={addressOf(id)}>
        {visibleText(name)}
      </a>
      <span className="cut">
        {dialect}
        <span className="quiet">{strict ? ', refuses unknown event types' : ''}</span>
      </span>
      <span className="mono quiet cut" title={id}>
        {id}
      </span>
      <span className="quiet number">
        <AgoWords at={created_at} />
      </span>
    </li>
  );
};
