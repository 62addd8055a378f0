import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect } from 'vitest';
import { database_port } from './storage.ts';

/** Whether an address is of this machine: 127.0.0.0/8 or ::1, also mapped. */
const isLoopback = (address: string): boolean =>
  /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === '::1';

/** The addresses to which this process opens connections, without the database of the tests. */
export interface DialLog {
  /** `address:port` of every connection attempt of this thread so far, in order. */
  readonly all: () => readonly string[];
  /** The addresses that were dialled during `work`. */
  readonly during: (work: () => Promise<unknown>) => Promise<readonly string[]>;
}

/**
 * Logs each address to which a socket of this thread connects, for a whole test file, and fails the file if one of
 * them is not loopback. Called at the top level of the file; servers must send from this thread.
 */
export const watchDials = (): DialLog => {
  const dialled: { readonly address: string; readonly port: number }[] = [];
  const onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.on('connectionAttempt', (address: string, port: number) => {
      if (port !== database_port) dialled.push({ address, port });
    });
  };
  beforeAll(() => subscribe('net.client.socket', onSocket));
  afterAll(() => {
    unsubscribe('net.client.socket', onSocket);
    expect(dialled.map(({ address }) => address).filter((address) => !isLoopback(address))).toEqual([]);
  });
  return {
    all: () => dialled.map(({ address, port }) => `${address}:${port}`),
    during: async (work) => {
      const before = dialled.length;
      await work();
      return dialled.slice(before).map(({ address }) => address);
    },
  };
};
