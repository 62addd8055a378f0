import type { AttemptPhase } from '../core/outcome.ts';

/** What the connector reads from the exchange that it dials for, and what it records there. */
export interface DialTrace {
  /** Monotonic milliseconds; no step of a dial outlives it. */
  readonly deadline_at: number;
  /** False when the request was sent on a kept connection. */
  dialled: boolean;
  /** `headers` whenever no dial is under way. */
  phase: AttemptPhase;
  dns_ms: number | null;
  connect_ms: number | null;
  tls_ms: number | null;
  remote_address: string | null;
}
