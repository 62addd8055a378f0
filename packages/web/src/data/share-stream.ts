import type { OpenStreamEvent } from '@bellwire/client';

interface SharedStream {
  /** Pages with the same name share one connection. Null: this page has its own. */
  readonly name: string | null;
  readonly open: (signal: AbortSignal) => AsyncIterable<OpenStreamEvent>;
  readonly onMessage: (message: Message) => void;
}

/** An event, or `stale`: events may have been missed, so that everything must be read again. */
export type Message = OpenStreamEvent | { readonly type: 'stale' };

/**
 * Follows the stream with one connection for all tabs of the browser, since a browser opens at most six connections to
 * a host. One tab reads it and passes the events on; when it closes, another one takes over. Without `navigator.locks`
 * (plain HTTP, except on this machine), and without a name, each visible tab has its own connection.
 */
export const shareStream = ({ name, open, onMessage }: SharedStream): (() => void) => {
  const stopping = new AbortController();
  const channel = name === null ? null : new BroadcastChannel(name);
  channel?.addEventListener('message', ({ data }) => onMessage(data as Message));
  const read = async (signal: AbortSignal): Promise<void> => {
    try {
      for await (const event of open(signal)) {
        channel?.postMessage(event);
        onMessage(event);
      }
    } catch {
      // Aborted, or refused: the next call of the page shows the reason.
    }
  };
  const leadOrFollow = async (shared: string): Promise<void> => {
    const led = await navigator.locks.request(shared, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await read(stopping.signal);
      return lock !== null;
    });
    if (led || stopping.signal.aborted) return;
    onMessage({ type: 'open', id: '' });
    await navigator.locks.request(shared, { signal: stopping.signal }, async () => {
      // Events between the end of the last leader and now are lost.
      onMessage({ type: 'stale' });
      await read(stopping.signal);
    });
  };
  if (name !== null && 'locks' in navigator) {
    // The wait for the lock ends with an error when the page stops.
    leadOrFollow(name).catch(() => undefined);
  } else {
    followWhileVisible(read, stopping.signal);
  }
  return () => {
    stopping.abort();
    channel?.close();
  };
};

const followWhileVisible = (read: (signal: AbortSignal) => Promise<void>, stopped: AbortSignal): void => {
  let reading: AbortController | null = null;
  const update = (): void => {
    if (document.hidden || stopped.aborted) {
      reading?.abort();
      reading = null;
    } else if (reading === null) {
      reading = new AbortController();
      void read(reading.signal);
    }
  };
  document.addEventListener('visibilitychange', update, { signal: stopped });
  stopped.addEventListener('abort', update);
  update();
};
