import { QueryClientProvider } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Router, useRouter } from 'wouter';
import { ClientProvider, openClient } from './data/client.tsx';
import { LiveProvider } from './data/live.tsx';
import { createQueries } from './data/queries.ts';
import { Pages } from './pages/pages.tsx';
import { SessionProvider, useSession } from './session/session-provider.tsx';
import { AreaProvider, CONSOLE } from './shell/area.ts';
import { Shell } from './shell/shell.tsx';
import { useWorkspace } from './shell/workspace.ts';

const SignedIn = () => {
  const { api_key, workspace_id, end } = useSession();
  const { workspace } = useWorkspace();
  const queries = useMemo(
    () => createQueries(() => end('Your session has ended, or its API key was deleted.')),
    // Another workspace has other data under the same names.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [end, workspace],
  );
  const client = useMemo(() => openClient({ api_key, workspace }), [api_key, workspace]);
  const area = useMemo(() => ({ ...CONSOLE, workspace_id }), [workspace_id]);
  return (
    <QueryClientProvider client={queries}>
      <ClientProvider value={client}>
        <AreaProvider value={area}>
          <LiveProvider name={`bellwire-stream-${workspace ?? ''}`}>
            <Shell>
              <Pages />
            </Shell>
          </LiveProvider>
        </AreaProvider>
      </ClientProvider>
    </QueryClientProvider>
  );
};

/** The addresses of another workspace than the default one begin with `/w/{id}`. */
const Workspace = () => {
  const { base } = useWorkspace();
  const router = useRouter();
  return (
    <Router base={base} hook={router.hook}>
      <SignedIn />
    </Router>
  );
};

export const App = () => (
  <SessionProvider>
    <Workspace />
  </SessionProvider>
);
