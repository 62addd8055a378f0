import type { Clock } from '../ports/clock.ts';

export interface EventStreamOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Replaces everything that did not fit the buffer: an event that makes the client read again. */
  readonly reset: () => string;
  /** Sent every 15 s while the client reads; must not be an event. Default: a comment. */
  readonly heartbeat?: () => string;
  /** Called once, when the client disconnects or the stream ends. */
  readonly onEnd: () => void;
}

/** The headers of a response of server-sent events. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
} as const;

/** Bytes that wait in memory for a client. */
const BUFFER_BYTES = 256 * 1024;
/** Bytes handed to the connection before the client has taken them. */
const QUEUED_BYTES = 64 * 1024;
const HEARTBEAT_MS = 15_000;

const utf8 = new TextEncoder();

/** One event in the format of server-sent events. `data` must not contain line breaks, as JSON does not. */
export const eventText = (event: {
  readonly type: string;
  readonly id: string;
  readonly data: string;
}): string => `id: ${event.id}\nevent: ${event.type}\ndata: ${event.data}\n\n`;

/**
 * A response of server-sent events with bounded memory: a client that reads too slowly loses what does not fit and gets
 * one reset instead.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #body: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  #waiting: string[] = [];
  #waiting_bytes = 0;
  #is_reset = false;
  #cancelHeartbeat: () => void = () => undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#flush(),
        cancel: () => this.#ended(),
      },
      { highWaterMark: QUEUED_BYTES, size: (chunk) => chunk.byteLength },
    );
    this.#beatLater();
  }

  /** The response, which can be used once. */
  response(): Response {
    return new Response(this.#body, { headers: EVENT_STREAM_HEADERS });
  }

  /** Whether the client has lost events and will get a reset, so that nothing needs to be sent before. */
  get isBehind(): boolean {
    return this.#is_reset;
  }

  /** Sends whole events. After the end, it does nothing. */
  send(text: string): void {
    if (this.#controller === null || this.#is_reset || text === '') return;
    this.#waiting_bytes += Buffer.byteLength(text);
    this.#waiting.push(text);
    if (this.#waiting_bytes > BUFFER_BYTES) this.#drop();
    this.#flush();
  }

  /** Ends the response after what the connection has taken. */
  end(): void {
    const controller = this.#controller;
    this.#ended();
    controller?.close();
  }

  #drop(): void {
    this.#is_reset = true;
    this.#waiting = [];
    this.#waiting_bytes = 0;
  }

  #flush(): void {
    if (!this.#hasRoom()) return;
    if (this.#is_reset) {
      this.#is_reset = false;
      this.#controller?.enqueue(utf8.encode(this.#options.reset()));
    } else if (this.#waiting.length > 0) {
      const text = this.#waiting.join('');
      // Before enqueue, which can call pull, and so this method again.
      this.#waiting = [];
      this.#waiting_bytes = 0;
      this.#controller?.enqueue(utf8.encode(text));
    }
  }

  #hasRoom(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  #beatLater(): void {
    this.#cancelHeartbeat = this.#options.clock.after(HEARTBEAT_MS, () => this.#beat(), {
      keeps_alive: false,
    });
  }

  #beat(): void {
    const { heartbeat = () => ':\n\n' } = this.#options;
    if (this.#hasRoom() && this.#waiting.length === 0 && !this.#is_reset) this.send(heartbeat());
    this.#beatLater();
  }

  #ended(): void {
    if (this.#controller === null) return;
    this.#controller = null;
    this.#waiting = [];
    this.#cancelHeartbeat();
    this.#options.onEnd();
  }
}
