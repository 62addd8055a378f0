import type { AttemptPhase } from '../core/outcome.ts';

/** What the connector is told about the attempt that it dials for, and what it writes down for it. */
export interface DialTrace {
  /** Monotonic milliseconds; no step of a dial outlives it. */
  readonly deadline_at: number;
  /** False for an attempt that went out on a kept connection. */
  dialled: boolean;
  /** `headers` whenever no dial is under way. */
  phase: AttemptPhase;
  dns_ms: number | null;
  connect_ms: number | null;
  tls_ms: number | null;
  remote_address: string | null;
}
