import { connect, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { Clock } from '../ports/clock.ts';
import { TransportError } from './transport-error.ts';

/** How long one step of a dial may take. */
export interface DialStep {
  readonly clock: Clock;
  readonly limit_ms: number;
}

// As undici's own connector does.
const TCP_KEEP_ALIVE_MS = 60_000;

/** What undici's connector needs to put TLS on a connection that is already there. */
export type TlsRequest = buildConnector.Options & { readonly httpSocket: Socket };

/** Settles as `work` does, or rejects with `DIAL_TIMEOUT` when that comes first. */
export const withinStep = async <Value>(step: DialStep, work: Promise<Value>): Promise<Value> => {
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const stopTimer = step.clock.after(step.limit_ms, () => reject(new TransportError('DIAL_TIMEOUT')));
  try {
    return await Promise.race([work, cut]);
  } finally {
    stopTimer();
  }
};

const orDestroy = async (socket: Socket, opened: Promise<Socket>): Promise<Socket> => {
  try {
    return await opened;
  } catch (error) {
    socket.destroy();
    throw error;
  }
};

/**
 * A TCP connection to a literal address: nothing is looked up. Rejects with the system's error or
 * `DIAL_TIMEOUT`; no socket is left open then.
 */
export const openTcp = (address: string, port: number, step: DialStep): Promise<Socket> => {
  const socket = connect({
    host: address,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
  });
  const connected = new Promise<Socket>((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    // Stays for good: under TLS nobody else listens, and an error without a listener ends the process.
    socket.on('error', reject);
  });
  return orDestroy(socket, withinStep(step, connected));
};

/**
 * TLS over `tcp` by undici's connector (its session cache, its ALPN). Rejects with OpenSSL's or Node's error,
 * `DIAL_TIMEOUT` or `TLS_CLOSED`; `tcp` is destroyed then.
 */
export const openTls = (
  startTls: buildConnector.connector,
  target: TlsRequest,
  step: DialStep,
): Promise<Socket> => {
  const secured = new Promise<Socket>((resolve, reject) => {
    startTls(target, (...[error, socket]) => (error === null ? resolve(socket) : reject(error)));
    // The TLS socket is silent when the one below it is destroyed, and undici would wait for ever.
    target.httpSocket.once('close', () => reject(new TransportError('TLS_CLOSED')));
  });
  return orDestroy(target.httpSocket, withinStep(step, secured));
};
