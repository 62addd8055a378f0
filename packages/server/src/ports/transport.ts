import type { GivenCertificate } from '../core/client-certificate.ts';
import type { Outcome } from '../core/outcome.ts';

/** One HTTP request: plain data, so that it can be posted to another thread. */
export interface OutboundRequest {
  /** The attempt's id. */
  readonly id: string;
  readonly url: string;
  readonly method: string;
  /** All headers except `host`, `content-length` and `connection`, in the order in which they are sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** One deadline for name lookup, connect, TLS, headers and body. */
  readonly timeout_ms: number;
  /** Skip certificate checks for this request. */
  readonly insecure_ssl: boolean;
  /** Presented to receivers over TLS. A connection is used only for requests with the same certificate. */
  readonly client_certificate: GivenCertificate | null;
  /**
   * Sent through the isolated thread, so that a request that kills its thread takes no other request with it. No effect
   * on a transport without threads.
   */
  readonly isolated: boolean;
  /** When the lease of its delivery was checked, on the monotonic clock: `mayBegin` of a transport is asked with it. */
  readonly checked_at: number;
}

/** The duration of each phase; null if it did not take place (dns, connect and tls on a reused connection). */
export interface AttemptTimings {
  readonly dns_ms: number | null;
  readonly connect_ms: number | null;
  readonly tls_ms: number | null;
  /** From the start of the request to the first byte of the response. */
  readonly first_byte_ms: number | null;
  readonly total_ms: number;
}

export interface CapturedResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 16 KiB of the body, decoded as UTF-8 with replacement characters for invalid bytes. */
  readonly body: string;
  /** True if the receiver sent (or announced) more than `body` holds. */
  readonly body_truncated: boolean;
}

/** The headers that the transport wrote around those of the request. */
export interface TransportHeaders {
  /** Before the headers of the request. */
  readonly first: Readonly<Record<string, string>>;
  /** After them. */
  readonly last: Readonly<Record<string, string>>;
}

export interface SendResult {
  /** The id of the request. */
  readonly id: string;
  readonly outcome: Outcome;
  /** Null if no request was written. */
  readonly transport_headers: TransportHeaders | null;
  /** Null unless complete headers arrived. */
  readonly response: CapturedResponse | null;
  readonly timings: AttemptTimings;
  /** The address of the connection; null if none was opened. */
  readonly remote_address: string | null;
  readonly reused_connection: boolean;
  /** True if the thread that held the request died before the result. */
  readonly sender_died: boolean;
}

/** Sends batches of requests. */
export interface Transport {
  /**
   * Starts every request of the batch. Each has exactly one result, passed to the transport's `onResults` within its
   * `timeout_ms` + 250 ms. A restart of the sender thread adds its back-off (at most 5 s) and its start-up time; if the
   * thread dies, its requests return immediately. Isolated requests are sent one after another: the time limit of each
   * starts with the result of the previous one.
   */
  readonly send: (batch: readonly OutboundRequest[]) => void;
  /**
   * Closes every connection after the requests in flight have their results. Requests that still wait for a thread
   * are `interrupted`, and requests sent afterwards fail. Every call returns the same promise.
   */
  readonly close: () => Promise<void>;
}
