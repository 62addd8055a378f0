import type { OutboundRequest, SendResult } from '../ports/transport.ts';

/** Messages to the sender thread. */
export type ToSender =
  | { readonly kind: 'send'; readonly batch: readonly OutboundRequest[] }
  | { readonly kind: 'close' };

/** The first message from the sender thread. */
export const READY = 'ready';

/** Messages from the sender thread. */
export type FromSender = typeof READY | readonly SendResult[];
