import type { Delivery } from '@bellwire/client';
import { createContext, useContext } from 'react';

/** A change that the server reports. */
export interface LiveEvent {
  readonly type: 'delivery';
  readonly data: Delivery;
}

interface Live {
  readonly connected: boolean;
  readonly subscribe: (listener: (event: LiveEvent) => void) => () => void;
}

const LiveContext = createContext<Live>({ connected: false, subscribe: () => () => undefined });

export const useLive = (): Live => useContext(LiveContext);
