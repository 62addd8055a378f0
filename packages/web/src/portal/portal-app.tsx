import { QueryClientProvider } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Router } from 'wouter';
import { ClientProvider, openClient } from '../data/client.tsx';
import { LiveProvider } from '../data/live.tsx';
import { createQueries } from '../data/queries.ts';
import { type Area, AreaProvider } from '../shell/area.ts';
import { useWords, type Words, WordsProvider } from '../words/words.ts';
import { Ended } from './ended.tsx';
import { hashHref, useHashPath, useHashSearch } from './hash-location.ts';
import { PortalPages } from './portal-pages.tsx';
import type { PortalSession } from './portal-session.ts';
import { PortalShell } from './portal-shell.tsx';
import { usePortalSession } from './use-portal-session.ts';

interface OpenPortalProps {
  readonly session: PortalSession;
  readonly onExpired: () => void;
}

const OpenPortal = ({ session, onExpired }: OpenPortalProps) => {
  const words = useWords();
  const queries = useMemo(() => createQueries(onExpired), [onExpired]);
  const client = useMemo(() => openClient({ api_key: session.token, workspace: null }), [session]);
  const area = useMemo(
    (): Area => ({
      is_portal: true,
      read_only: session.read_only,
      brand: session.theme.name ?? words.portal.unnamed,
      workspace_id: null,
      dialect: session.dialect,
    }),
    [session, words],
  );
  return (
    <QueryClientProvider client={queries}>
      <ClientProvider value={client}>
        <AreaProvider value={area}>
          {/* Not shared with pages of other customers. In a frame of another site, the browser refuses locks. */}
          <LiveProvider name={null}>
            <Router hook={useHashPath} searchHook={useHashSearch} hrefs={hashHref}>
              <PortalShell session={session}>
                <PortalPages />
              </PortalShell>
            </Router>
          </LiveProvider>
        </AreaProvider>
      </ClientProvider>
    </QueryClientProvider>
  );
};

/** A customer cannot follow all of the advice for operators. */
const forCustomers = (words: Words): Words => ({
  ...words,
  advice: { ...words.advice, ...words.portal.advice },
});

interface PortalAppProps {
  readonly words: Words;
  /** Of the link that opened the page. */
  readonly token: string | null;
}

/** The pages of one customer: their webhooks and deliveries. */
export const PortalApp = ({ words, token }: PortalAppProps) => {
  const { state, open, end } = usePortalSession(token);
  const shown = useMemo(() => forCustomers(words), [words]);
  const onExpired = useMemo(() => () => end('expired'), [end]);
  return (
    <WordsProvider value={shown}>
      {state.step === 'open' ? (
        <OpenPortal key={state.session.token} session={state.session} onExpired={onExpired} />
      ) : state.step === 'ended' ? (
        <EndedState state={state} open={open} />
      ) : null}
    </WordsProvider>
  );
};

type EndedProps = Pick<ReturnType<typeof usePortalSession>, 'open'> & {
  readonly state: Extract<ReturnType<typeof usePortalSession>['state'], { readonly step: 'ended' }>;
};

const EndedState = ({ state: { reason, token }, open }: EndedProps) => (
  <Ended reason={reason} onRetry={token === null ? undefined : () => void open(token)} />
);
