import type { Dispatcher } from 'undici';
import type { AttemptPhase, Outcome } from '../core/outcome.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttemptTimings, OutboundRequest, SendResult, TransportHeaders } from '../ports/transport.ts';
import type { DialTrace } from './dial-trace.ts';
import { type ParsedHeaders, ResponseCapture } from './response-capture.ts';
import { errorCode, outcomeOfError, outcomeOfStatus, saysResponseInvalid } from './to-outcome.ts';
import { TransportError } from './transport-error.ts';

export interface HttpExchangeContext {
  readonly clock: Clock;
  readonly max_body_bytes: number;
  /** Whether the lease of the request is still held. */
  readonly mayBegin: (request: OutboundRequest) => boolean;
  /** Sends the request again on a new connection. */
  readonly dispatchFresh: (exchange: HttpExchange) => void;
  readonly onResult: (result: SendResult) => void;
}

const MAX_INTERIM_RESPONSES = 16;
// Of one response on the wire: interim responses, headers, body and its framing.
const MAX_RESPONSE_BYTES = 65_536;

// Never reported: the exchange has its result before it releases the connection.
const RELEASED = new TransportError('EXCHANGE_OVER');

const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
const roundMsOrNull = (ms: number | null): number | null => (ms === null ? null : roundMs(ms));

/**
 * One HTTP request and its response, with one deadline for name lookup, connect, TLS, headers and body. Produces exactly
 * one result, regardless of the order of events. Hot path: one object per request, and no closure but the timer's.
 */
export class HttpExchange implements Dispatcher.DispatchHandler, DialTrace {
  readonly request: OutboundRequest;
  readonly deadline_at: number;
  dialled = false;
  phase: AttemptPhase = 'headers';
  dns_ms: number | null = null;
  connect_ms: number | null = null;
  tls_ms: number | null = null;
  remote_address: string | null = null;
  /** Those of the next dispatch. */
  transport_headers: TransportHeaders | null = null;

  private readonly context: HttpExchangeContext;
  private readonly started_at: number;
  private readonly stopTimer: () => void;
  private controller: Dispatcher.DispatchController | null = null;
  private first_byte_at: number | null = null;
  private response: ResponseCapture | null = null;
  private interim_responses = 0;
  /** What its connection had received before the request. */
  private received_before = 0;
  private written_headers: TransportHeaders | null = null;
  private is_second_try = false;
  private is_settled = false;

  constructor(request: OutboundRequest, context: HttpExchangeContext) {
    this.request = request;
    this.context = context;
    this.started_at = context.clock.monotonic();
    this.deadline_at = this.started_at + request.timeout_ms;
    this.stopTimer = context.clock.after(request.timeout_ms, () => this.onDeadline());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // The deadline passed while the request waited for its connection: it must not be sent.
    if (this.is_settled) {
      controller.abort(RELEASED);
      return;
    }
    // This process was suspended, and another node may have sent it meanwhile.
    if (!this.context.mayBegin(this.request)) {
      this.settle({ kind: 'interrupted' }, null);
      controller.abort(RELEASED);
      return;
    }
    this.controller = controller;
    // undici writes the request right after this call.
    this.written_headers = this.transport_headers;
  }

  onResponseStarted(): void {
    this.first_byte_at ??= this.context.clock.monotonic();
  }

  /** Also called for interim (1xx) responses, which are ignored. */
  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ParsedHeaders): void {
    if (status >= 200) this.response = new ResponseCapture(status, headers, this.context.max_body_bytes);
    // llhttp accepts any three digits, and 101 without an upgrade request; undici would fail an assertion on both.
    else if (status < 100 || status === 101) controller.abort(new TransportError('STATUS_INVALID'));
    else if (++this.interim_responses > MAX_INTERIM_RESPONSES) {
      controller.abort(new TransportError('TOO_MANY_INTERIM_RESPONSES'));
    }
  }

  /** The bytes that its connection has received so far, before the request is written. */
  startCount(received: number): void {
    this.received_before = received;
  }

  /**
   * The bytes that its connection has received so far, all of them parsed. undici counts only names and values of headers,
   * and the body: not what is around them.
   */
  onReceived(received: number): void {
    if (this.is_settled || received - this.received_before <= MAX_RESPONSE_BYTES) return;
    if (this.response === null) {
      this.controller?.abort(new TransportError('RESPONSE_HEAD_TOO_LARGE'));
    } else {
      this.settleWithResponse(this.response, false);
      this.release();
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.response === null || this.response.keep(chunk)) return;
    this.settleWithResponse(this.response, false);
    this.release();
  }

  onResponseEnd(): void {
    if (this.response !== null) this.settleWithResponse(this.response, true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.is_settled) return;
    if (this.response !== null) {
      this.settleWithResponse(this.response, false);
    } else if (this.maySendAgain(error)) {
      this.is_second_try = true;
      this.controller = null;
      this.context.dispatchFresh(this);
    } else {
      this.fail(error);
    }
  }

  /** Ends the exchange with an error that occurred before any response. */
  fail(error: unknown): void {
    this.settle(outcomeOfError(error, this.phase), null);
  }

  /**
   * A receiver may close an idle connection just as the next request is written to it. If no byte came back, one
   * second request on a new connection distinguishes this race from a failure.
   */
  private maySendAgain(error: Error): boolean {
    const wasAnswered = this.first_byte_at !== null || saysResponseInvalid(errorCode(error));
    return !this.dialled && !wasAnswered && !this.is_second_try;
  }

  private onDeadline(): void {
    if (this.is_settled) return;
    if (this.response === null) this.settle({ kind: 'timeout', phase: this.phase }, null);
    else this.settleWithResponse(this.response, false);
    this.release();
  }

  private release(): void {
    this.controller?.abort(RELEASED);
  }

  private settleWithResponse(response: ResponseCapture, is_complete: boolean): void {
    this.settle(outcomeOfStatus(response.status), response.toResponse(is_complete));
  }

  private settle(outcome: Outcome, response: SendResult['response']): void {
    if (this.is_settled) return;
    this.is_settled = true;
    this.stopTimer();
    const reused_connection = this.controller !== null && !this.dialled;
    this.context.onResult({
      id: this.request.id,
      outcome,
      transport_headers: this.written_headers,
      response,
      timings: this.timings(),
      remote_address: this.dialled || reused_connection ? this.remote_address : null,
      reused_connection,
      sender_died: false,
    });
  }

  private timings(): AttemptTimings {
    const first_byte_ms = this.first_byte_at === null ? null : this.first_byte_at - this.started_at;
    return {
      dns_ms: roundMsOrNull(this.dns_ms),
      connect_ms: roundMsOrNull(this.connect_ms),
      tls_ms: roundMsOrNull(this.tls_ms),
      first_byte_ms: roundMsOrNull(first_byte_ms),
      total_ms: roundMs(this.context.clock.monotonic() - this.started_at),
    };
  }
}
