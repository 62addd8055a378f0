import type { ResponseBody } from './exchange.ts';

/** One block of server-sent events. Without `type`, it only moves the position to `id`, or keeps the connection open. */
export interface RawEvent {
  readonly id: string | null;
  readonly type: string | null;
  readonly data: string;
}

const BLOCK_END = /\r\n\r\n|\n\n|\r\r/;

const parse = (block: string): RawEvent => {
  let [id, type]: (string | null)[] = [null, null];
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, field, value = ''] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'id') id = value;
    if (field === 'event') type = value;
    if (field === 'data') data.push(value);
  }
  return { id: id ?? null, type: type ?? null, data: data.join('\n') };
};

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Time without a byte after which the connection counts as broken. */
  readonly silence_ms: number;
}

/** Resolves with null after `ms`, or when the signal is aborted. The second function ends the wait. */
const silence = (ms: number, signal: AbortSignal): readonly [Promise<null>, () => void] => {
  const { promise, resolve } = Promise.withResolvers<null>();
  const end = (): void => resolve(null);
  const timer = setTimeout(end, ms);
  signal.addEventListener('abort', end, { once: true });
  return [
    promise,
    () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    },
  ];
};

/** Reads server-sent events until the response ends, breaks or is silent for too long, or the signal is aborted. */
export async function* readEvents(
  body: ResponseBody,
  { signal, silence_ms }: ReadOptions,
): AsyncGenerator<RawEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    while (!signal.aborted) {
      const [silent, heard] = silence(silence_ms, signal);
      // A broken connection ends the events like a complete response: the caller reconnects either way.
      const read = reader.read().catch(() => null);
      const result = await Promise.race([read, silent]).finally(heard);
      if (result === null || result.done) return;
      const blocks = (rest + decoder.decode(result.value, { stream: true })).split(BLOCK_END);
      rest = blocks.pop() ?? '';
      for (const block of blocks) yield parse(block);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
