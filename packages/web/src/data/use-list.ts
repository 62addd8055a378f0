import type { Page } from '@bellwire/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

const PAGE = 100;

export interface List<Row> {
  readonly rows: readonly Row[];
  readonly is_loading: boolean;
  readonly error: Error | null;
  /** Reads the next page; undefined at the end. */
  readonly more: (() => void) | undefined;
  readonly reload: () => void;
}

export interface PageAt {
  readonly limit: number;
  readonly cursor?: string;
}

/** A list of the API, read page by page. `read` must depend on nothing but `queryKey`. */
export const useList = <Row>(
  queryKey: readonly unknown[],
  read: (at: PageAt, signal: AbortSignal) => PromiseLike<Page<Row>>,
  { enabled = true }: { readonly enabled?: boolean } = {},
): List<Row> => {
  const list = useInfiniteQuery({
    queryKey,
    enabled,
    queryFn: async ({ pageParam, signal }) =>
      read({ limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage, refetch } = list;
  const rows = useMemo(() => list.data?.pages.flatMap(({ data }) => data) ?? [], [list.data]);
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  return {
    rows,
    is_loading: list.isPending,
    error: list.error,
    more: hasNextPage ? more : undefined,
    reload: () => void refetch(),
  };
};
