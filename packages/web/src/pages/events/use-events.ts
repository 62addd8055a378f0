import type { ListedEvent } from '@bellwire/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { useLive } from '../../data/live.tsx';
import { type List, useList } from '../../data/use-list.ts';
import type { EventQuery } from './query.ts';

/** At most so often, the list is read again while events arrive. */
const AGAIN_MS = 2_000;
/** A longer list stays as it is: it would move under the pointer. */
const MAX_FRESH_ROWS = 100;

/** The events that match a query, newest first. */
export const useEvents = (query: EventQuery): List<ListedEvent> => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const { subscribe } = useLive();
  const list = useList(['events', query], (at, signal) =>
    bellwire.events.list({ ...query, ...at }, { signal }),
  );
  const is_short = list.rows.length <= MAX_FRESH_ROWS;
  useEffect(() => {
    if (!is_short) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = subscribe((message) => {
      // A delivery that has not changed since it was created: of a new event.
      if (message.type !== 'delivery' || message.data.created_at !== message.data.updated_at) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ['events'] });
      }, AGAIN_MS);
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [is_short, queries, subscribe]);
  return list;
};
