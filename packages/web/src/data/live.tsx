import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useBellwire } from './client.tsx';
import { type Message, shareStream } from './share-stream.ts';

type Listener = (message: Message) => void;

interface Live {
  readonly connected: boolean;
  readonly subscribe: (listener: Listener) => () => void;
}

const LiveContext = createContext<Live>({ connected: false, subscribe: () => () => undefined });

/** The queries to read again after an event. Lists of deliveries are patched row by row instead. */
const staleAfter = (message: Message): readonly (readonly string[])[] => {
  switch (message.type) {
    case 'hook':
      return [['hooks']];
    case 'recovery':
      return [['recoveries']];
    case 'delivery':
      return [['delivery', message.data.id]];
    case 'deliveries_changed':
      return [['deliveries'], ['delivery']];
    case 'reset':
    case 'stale':
      return [[]];
    case 'open':
    case 'lost':
      return [];
  }
};

interface LiveProps {
  /** Pages with the same name share one connection, so it says what the person may see. Null: not shared. */
  readonly name: string | null;
  readonly children: ReactNode;
}

/** Keeps the page up to date through the stream of the server. */
export const LiveProvider = ({ name, children }: LiveProps) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const [connected, setConnected] = useState(false);
  const listeners = useMemo(() => new Set<Listener>(), []);
  useEffect(() => {
    const stop = shareStream({
      name,
      open: (signal) => bellwire.stream({ signal }),
      onMessage: (message) => {
        setConnected(message.type !== 'lost');
        for (const queryKey of staleAfter(message)) void queries.invalidateQueries({ queryKey });
        for (const listener of listeners) listener(message);
      },
    });
    return () => {
      stop();
      setConnected(false);
    };
  }, [bellwire, queries, name, listeners]);
  const live = useMemo(
    () => ({
      connected,
      subscribe: (listener: Listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    }),
    [connected, listeners],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
};

export const useLive = (): Live => useContext(LiveContext);
