import { BellwireError } from '@bellwire/client';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Router, useRouter } from 'wouter';
import { ClientProvider, openClient } from './data/client.tsx';
import { LiveProvider } from './data/live.tsx';
import { Pages } from './pages/pages.tsx';
import { SessionProvider, useSession } from './session/session-provider.tsx';
import { Shell } from './shell/shell.tsx';
import { useWorkspace } from './shell/workspace.ts';

/** The stream says what has changed, so nothing is read again by time. */
const createQueries = (onExpired: () => void): QueryClient => {
  const onError = (error: Error): void => {
    if (error instanceof BellwireError && error.code === 'unauthenticated') onExpired();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: { queries: { staleTime: 10_000, retry: false, refetchOnWindowFocus: false } },
  });
};

const SignedIn = () => {
  const { api_key, end } = useSession();
  const { workspace } = useWorkspace();
  const queries = useMemo(
    () => createQueries(() => end('Your session has ended, or its API key was deleted.')),
    // Another workspace has other data under the same names.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [end, workspace],
  );
  const client = useMemo(() => openClient({ api_key, workspace }), [api_key, workspace]);
  return (
    <QueryClientProvider client={queries}>
      <ClientProvider value={client}>
        <LiveProvider>
          <Shell>
            <Pages />
          </Shell>
        </LiveProvider>
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
