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
  const pass = (message: Message): void => {
    channel?.postMessage(message);
    onMessage(message);
  };
  const read = async (signal: AbortSignal): Promise<void> => {
    let is_new = true;
    try {
      for await (const event of open(signal)) {
        pass(event);
        // What changed before is not in the stream: pages may have read their data, or lost a leader, before it began.
        if (is_new && event.type === 'open') {
          pass({ type: 'stale' });
          is_new = false;
        }
      }
    } catch {
      // Refused, such as after the end of the session: reading again shows the reason.
      if (!signal.aborted) pass({ type: 'stale' });
    }
  };
  const leadOrFollow = async (shared: string): Promise<void> => {
    const led = await navigator.locks.request(shared, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await read(stopping.signal);
      return lock !== null;
    });
    if (led || stopping.signal.aborted) return;
    onMessage({ type: 'open', id: '' });
    await navigator.locks.request(shared, { signal: stopping.signal }, () => read(stopping.signal));
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
