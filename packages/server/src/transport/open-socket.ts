import { connect, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { Clock } from '../ports/clock.ts';
import { TransportError } from './transport-error.ts';

/** The time limit of one step of a dial. */
export interface DialStep {
  readonly clock: Clock;
  readonly limit_ms: number;
}

// The default of undici's connector.
const TCP_KEEP_ALIVE_MS = 60_000;

/** Input of undici's connector for TLS over an existing connection. */
export type TlsRequest = buildConnector.Options & { readonly httpSocket: Socket };

/** Settles as `work` does, or rejects with `DIAL_TIMEOUT` after the time limit. */
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
 * Opens a TCP connection to a literal address, without a lookup. Rejects with the system's error or `DIAL_TIMEOUT`, and
 * then leaves no socket open.
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
    // Never removed: under TLS there is no other listener, and an error without a listener would end the process.
    socket.on('error', reject);
  });
  return orDestroy(socket, withinStep(step, connected));
};

/**
 * Opens TLS over a socket with undici's connector (its session cache and ALPN). Rejects with OpenSSL's or Node's error,
 * `DIAL_TIMEOUT` or `TLS_CLOSED`, and then destroys the socket.
 */
export const openTls = (
  startTls: buildConnector.connector,
  target: TlsRequest,
  step: DialStep,
): Promise<Socket> => {
  const secured = new Promise<Socket>((resolve, reject) => {
    startTls(target, (...[error, socket]) => (error === null ? resolve(socket) : reject(error)));
    // The TLS socket emits nothing if the underlying one is destroyed: undici would wait forever.
    target.httpSocket.once('close', () => reject(new TransportError('TLS_CLOSED')));
  });
  return orDestroy(target.httpSocket, withinStep(step, secured));
};
