import type { SendResult } from '../ports/transport.ts';

/** The result of a request that no thread can finish. `sender_died` is false if no thread ever held it. */
export const interrupted = (id: string, sender_died: boolean): SendResult => ({
  id,
  outcome: { kind: 'interrupted' },
  transport_headers: null,
  response: null,
  timings: { dns_ms: null, connect_ms: null, tls_ms: null, first_byte_ms: null, total_ms: 0 },
  remote_address: null,
  reused_connection: false,
  sender_died,
});
