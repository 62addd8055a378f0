import type { AttemptPhase } from '../core/outcome.ts';

/** What the connector is told about the attempt that it dials for, and what it writes down for it. */
export interface DialTrace {
  /** Monotonic milliseconds. */
  readonly deadline_at: number;
  /** True once the attempt has its result: nothing may be dialled or sent for it any more. */
  readonly is_settled: boolean;
  /** False for an attempt that went out on a kept connection. */
  dialled: boolean;
  /** `headers` whenever no dial is under way. */
  phase: AttemptPhase;
  dns_ms: number | null;
  connect_ms: number | null;
  tls_ms: number | null;
  remote_address: string | null;
  /** Ends the dial that is under way; null when there is none. */
  abandonDial: (() => void) | null;
}
