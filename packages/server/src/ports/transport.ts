import type { Outcome } from '../core/outcome.ts';

/** One request as it goes to the wire: plain data, so that it can cross to another thread. */
export interface OutboundRequest {
  /** The attempt's id. */
  readonly id: string;
  readonly url: string;
  readonly method: string;
  /** Everything but `host`, `content-length` and `connection`, in the order in which it is sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** One deadline over name lookup, connect, TLS, headers and body. */
  readonly timeout_ms: number;
  /** Skip certificate checks for this request. */
  readonly insecure_ssl: boolean;
}

/** Milliseconds that each phase took; null where it did not happen (a reused connection has no dns, connect and tls). */
export interface AttemptTimings {
  readonly dns_ms: number | null;
  readonly connect_ms: number | null;
  readonly tls_ms: number | null;
  /** From the start of the attempt to the first byte of the answer. */
  readonly first_byte_ms: number | null;
  readonly total_ms: number;
}

export interface CapturedResponse {
  readonly status: number;
  /** As they came, names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 16 KiB of the body, as UTF-8 with replacement characters where it is none. */
  readonly body: string;
  /** True when the receiver sent (or announced) more than `body` holds. */
  readonly body_truncated: boolean;
}

export interface SendResult {
  /** The id of the request. */
  readonly id: string;
  readonly outcome: Outcome;
  /** Null unless complete headers arrived. */
  readonly response: CapturedResponse | null;
  readonly timings: AttemptTimings;
  /** The address that the connection went to; null when none was made. */
  readonly remote_address: string | null;
  readonly reused_connection: boolean;
}

/** Sends batches of requests. Plain data in, plain data out. */
export interface Transport {
  /**
   * Starts every request of the batch. Each request's id comes back in exactly one result, handed to the
   * `onResults` that the transport was made with, within the request's `timeout_ms` (+ 250 ms).
   */
  readonly send: (batch: readonly OutboundRequest[]) => void;
  /** Ends idle connections. Requests under way still end with a result. */
  readonly close: () => Promise<void>;
}
