import type { DeliveryStatus } from '../../packages/server/src/core/delivery.ts';
import { type IdFactory, createIdFactory } from '../../packages/server/src/core/ids.ts';
import { createSystemRandom } from '../../packages/server/src/random.ts';
import type { NewAttemptRow } from '../../packages/server/src/storage/rows/attempt-row.ts';
import { type DeliveryRow, newDeliveryRow } from '../../packages/server/src/storage/rows/delivery-row.ts';
import type { NewEventRow } from '../../packages/server/src/storage/rows/event-row.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';

type NewHookRow = Omit<
  Schema['bellwire_hooks'],
  | 'number'
  | 'is_operational'
  | 'filter'
  | 'consecutive_failures'
  | 'description'
  | 'metadata'
  | 'idempotency_key'
  | 'fingerprint'
  | 'ordered'
  | 'order_key'
>;

export const BIG_WORKSPACE = 'ws_big';
/** Every hook of the big workspace subscribes to it. */
export const FAN_OUT_TYPE = 'table.all';
/** Only the hook whose receiver responds with 410 subscribes to it. */
export const GONE_TYPE = 'table.gone';
/** The type of only the oldest events: a filtered list finds it last. */
export const RARE_TYPE = 'table.rare';
const COMMON_TYPES = 50;

export const typeOf = (n: number): string => `table.t${n % COMMON_TYPES}`;

// Results in 400 bytes of data per event.
const PADDING = 'x'.repeat(360);

/** Creates rows in the form that the server writes, with ids for the current time of `setTime`. */
export class TableRows {
  readonly ids: IdFactory;
  readonly #receiver_url: string;
  #time = 0;

  constructor(receiver_port: number) {
    this.#receiver_url = `http://127.0.0.1:${receiver_port}`;
    this.ids = createIdFactory(() => this.#time, createSystemRandom().bytes);
  }

  /** Sets the time of the following rows. It never goes back. */
  setTime(time: number): void {
    this.#time = Math.floor(time);
  }

  /** A hook without a secret, so that the key ring of the server is not needed. */
  hook(path: string, events: readonly string[]): NewHookRow {
    return {
      id: this.ids('wh'),
      workspace_id: BIG_WORKSPACE,
      tenant: null,
      name: path,
      url: `${this.#receiver_url}/${path}`,
      events: JSON.stringify(events),
      method: 'POST',
      content_type: 'application/json',
      dialect: 'standard',
      status: 'active',
      disabled_reason: null,
      stopping: null,
      insecure_ssl: 0,
      max_attempts: null,
      retry_schedule: null,
      timeout_ms: null,
      rate_limit: null,
      headers: null,
      client_certificate: null,
      validated_at: null,
      failing_since: null,
      last_failure_at: null,
      last_outcome: null,
      last_detail: null,
      last_status: null,
      created_at: this.#time,
      updated_at: this.#time,
      deleted_at: null,
    };
  }

  event(type: string, deliveries: number): NewEventRow {
    return {
      workspace_id: BIG_WORKSPACE,
      id: this.ids('evt'),
      tenant: null,
      type,
      idempotency_key: null,
      fingerprint: null,
      deliveries,
      addressed: 0,
      occurred_at: this.#time,
      created_at: this.#time,
      deliver_at: null,
      metadata: null,
      previous_data: null,
      data: `{"time":${this.#time},"padding":"${PADDING}"}`,
    };
  }

  finished(event: NewEventRow, hook_id: string, status: DeliveryStatus): DeliveryRow {
    const attempts = status === 'failed' ? 3 : status === 'canceled' ? 0 : 1;
    return {
      ...this.#delivery(event, hook_id, { status, next_attempt_at: null }),
      attempts,
      failures: status === 'failed' ? attempts : 0,
      lease_token: attempts,
      failure_reason: status === 'failed' ? 'exhausted' : null,
    };
  }

  pending(event: NewEventRow, hook_id: string, next_attempt_at: number): DeliveryRow {
    return this.#delivery(event, hook_id, { status: 'pending', next_attempt_at });
  }

  attempt(event: NewEventRow, delivery: DeliveryRow, number: number): NewAttemptRow {
    const is_failed = delivery.status === 'failed';
    return {
      id: this.ids('att'),
      workspace_id: BIG_WORKSPACE,
      delivery_id: delivery.id,
      hook_id: delivery.hook_id,
      number,
      trigger: 'scheduled',
      outcome: is_failed ? 'http_status' : 'succeeded',
      outcome_detail: null,
      started_at: this.#time,
      duration_ms: 12.5,
      timings:
        '{"dns_ms":null,"connect_ms":null,"first_byte_ms":11.9,"total_ms":12.5,"reused_connection":true}',
      remote_address: '127.0.0.1',
      request_method: 'POST',
      request_url: `${this.#receiver_url}/hook`,
      request_headers: `{"user-agent":"Bellwire/0.1.0","content-type":"application/json","accept-encoding":"identity","webhook-id":"${event.id}","webhook-timestamp":"${Math.floor(this.#time / 1000)}","webhook-signature":"v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="}`,
      request_body: `{"type":"${event.type}","timestamp":"2026-01-01T00:00:00.000Z","data":${event.data}}`,
      response_status: is_failed ? 500 : 200,
      response_headers:
        '{"date":"Thu, 01 Jan 2026 00:00:00 GMT","connection":"keep-alive","keep-alive":"timeout=5","content-length":"2"}',
      response_body: 'ok',
      response_truncated: 0,
    };
  }

  #delivery(
    { id: event_id, type: event_type }: NewEventRow,
    hook_id: string,
    { status, next_attempt_at }: Pick<DeliveryRow, 'status' | 'next_attempt_at'>,
  ): DeliveryRow {
    return newDeliveryRow(
      {
        workspace_id: BIG_WORKSPACE,
        id: this.ids('dlv'),
        tenant: null,
        event_id,
        event_type,
        hook_id,
        trigger: 'scheduled',
        status,
      },
      { now: this.#time, next_attempt_at: next_attempt_at ?? null },
    );
  }
}
