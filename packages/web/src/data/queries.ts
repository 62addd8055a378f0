import { BellwireError } from '@bellwire/client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

/** The stream says what has changed, so nothing is read again by time. */
export const createQueries = (onExpired: () => void): QueryClient => {
  const onError = (error: Error): void => {
    if (error instanceof BellwireError && error.code === 'unauthenticated') onExpired();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: { queries: { staleTime: 10_000, retry: false, refetchOnWindowFocus: false } },
  });
};
