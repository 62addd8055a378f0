import type { Delivery, Page } from '@bellwire/client';
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { useLive } from '../../data/live.tsx';
import { type DeliveryQuery, matches } from './filters.ts';

const PAGE = 100;
/** Chromium clamps the height of an element far above this many rows, but a person has lost the overview long before. */
const MAX_ROWS = 100_000;
/** New and changed rows are shown at most four times a second. */
const FLUSH_MS = 250;

type Pages = InfiniteData<Page<Delivery>, string | undefined>;

/** The pages with changed rows replaced; rows that do not match any more disappear. */
const patched = (pages: Pages, changes: ReadonlyMap<string, Delivery>, query: DeliveryQuery): Pages => ({
  ...pages,
  pages: pages.pages.map((page) => {
    if (!page.data.some(({ id }) => changes.has(id))) return page;
    const data = page.data.map((row) => changes.get(row.id) ?? row).filter((row) => matches(query, row));
    return { ...page, data };
  }),
});

const withNew = (pages: Pages, added: readonly Delivery[]): Pages => {
  const [first, ...rest] = pages.pages;
  if (first === undefined || added.length === 0) return pages;
  return { ...pages, pages: [{ ...first, data: [...added, ...first.data] }, ...rest] };
};

export interface DeliveryList {
  readonly rows: readonly Delivery[];
  readonly is_loading: boolean;
  readonly error: Error | null;
  /** Reads the next page; undefined at the end. */
  readonly more: (() => void) | undefined;
  /** New deliveries that are not in the list because it is scrolled down. */
  readonly waiting: number;
  /** Deliveries created in the last minute. */
  readonly per_minute: number;
  readonly setAtTop: (is_at_top: boolean) => void;
  readonly reload: () => void;
}

/** The deliveries that match a query, newest first, kept up to date by the stream. */
export const useDeliveries = (query: DeliveryQuery): DeliveryList => {
  const bellwire = useBellwire();
  const queryKey = useMemo(() => ['deliveries', query], [query]);
  const list = useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam, signal }) =>
      bellwire.deliveries.list(
        { ...query, limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
  const rows = useMemo(() => list.data?.pages.flatMap(({ data }) => data) ?? [], [list.data]);
  const { waiting, per_minute, setAtTop } = useLiveRows(queryKey, query);
  const { fetchNextPage, hasNextPage, isFetchingNextPage, refetch } = list;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  return {
    rows,
    is_loading: list.isPending,
    error: list.error,
    more: hasNextPage && rows.length < MAX_ROWS ? more : undefined,
    waiting,
    per_minute,
    setAtTop,
    reload: () => void refetch(),
  };
};

const MINUTE_MS = 60_000;

/** Patches the list with the deliveries of the stream. */
const useLiveRows = (queryKey: readonly unknown[], query: DeliveryQuery) => {
  const queries = useQueryClient();
  const { subscribe } = useLive();
  const at_top = useRef(true);
  const held_back = useRef<Map<string, Delivery>>(new Map());
  const [waiting, setWaiting] = useState(0);
  const [per_minute, setPerMinute] = useState(0);
  const flush = useCallback(
    (changes: ReadonlyMap<string, Delivery>) => {
      queries.setQueryData<Pages>(queryKey, (pages) => {
        if (pages === undefined) return pages;
        const known = new Set(pages.pages.flatMap(({ data }) => data.map(({ id }) => id)));
        const [newest = ''] = known;
        for (const [id, row] of changes) {
          if (known.has(id)) held_back.current.delete(id);
          else if (id > newest && matches(query, row)) held_back.current.set(id, row);
        }
        const added = at_top.current
          ? [...held_back.current.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1))
          : [];
        if (at_top.current) held_back.current.clear();
        return withNew(patched(pages, changes, query), added);
      });
      setWaiting(held_back.current.size);
    },
    [queries, queryKey, query],
  );
  useEffect(() => {
    let changes = new Map<string, Delivery>();
    let created: number[] = [];
    const unsubscribe = subscribe((event) => {
      if (event.type !== 'delivery') return;
      changes.set(event.data.id, event.data);
      if (event.data.created_at === event.data.updated_at) created.push(Date.now());
    });
    const timer = setInterval(() => {
      const before = created.length;
      created = created.filter((at) => at > Date.now() - MINUTE_MS);
      // The answer to a running read may be older than the changes, and would replace them.
      if ((changes.size === 0 && before === created.length) || queries.isFetching({ queryKey }) > 0) return;
      const now = changes;
      changes = new Map();
      flush(now);
      setPerMinute(created.length);
    }, FLUSH_MS);
    return () => {
      unsubscribe();
      clearInterval(timer);
      held_back.current.clear();
    };
  }, [subscribe, flush, queries, queryKey]);
  const setAtTop = useCallback(
    (is_at_top: boolean) => {
      if (at_top.current === is_at_top) return;
      at_top.current = is_at_top;
      if (is_at_top) flush(new Map());
    },
    [flush],
  );
  return { waiting, per_minute, setAtTop };
};
