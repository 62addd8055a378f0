import type { AttemptPhase } from '../core/outcome.ts';

/** The state that the connector shares with the exchange that it dials for. */
export interface DialTrace {
  /** Monotonic milliseconds; no step of a dial outlives it. */
  readonly deadline_at: number;
  /** False if the request was sent on a reused connection. */
  dialled: boolean;
  /** `headers` while no dial is in progress. */
  phase: AttemptPhase;
  dns_ms: number | null;
  connect_ms: number | null;
  tls_ms: number | null;
  remote_address: string | null;
}
