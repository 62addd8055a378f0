import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** A keep-alive connection that sends one request at a time: HTTP/1.1 with minimal overhead. */
export interface RawClient {
  /** Sends a whole request as text and resolves with the response status. @throws Error on a closed connection. */
  readonly send: (request: string) => Promise<number>;
  readonly close: () => void;
}

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /content-length: *(\d+)/i;

/** The length of the response at the start of `text`, or null if it is incomplete. Supports only `content-length`. */
const completeLength = (text: string): number | null => {
  const head_end = text.indexOf(HEAD_END);
  if (head_end < 0) return null;
  const length = Number(CONTENT_LENGTH.exec(text.slice(0, head_end))?.[1] ?? 0);
  const end = head_end + HEAD_END.length + length;
  return text.length < end ? null : end;
};

const statusOf = (text: string): number => Number(text.slice(9, 12));

export const openRawClient = async (port: number): Promise<RawClient> => {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  let buffered = '';
  let answer: { resolve: (status: number) => void; reject: (error: Error) => void } | null = null;
  const fail = (error: Error): void => answer?.reject(error);
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    buffered += chunk;
    const length = completeLength(buffered);
    if (length === null) return;
    const status = statusOf(buffered);
    buffered = buffered.slice(length);
    answer?.resolve(status);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        answer = { resolve, reject };
        if (socket.destroyed) fail(new Error('the server has closed the connection'));
        socket.write(request);
      }),
    close: () => {
      answer = null;
      socket.destroy();
    },
  };
};
