import { isIP, type Socket } from 'node:net';
import { type DialStep, withinStep } from './open-socket.ts';
import { TransportError } from './transport-error.ts';

/** A forward proxy for every connection. Its own address is not subject to the address policy. */
export interface ForwardProxy {
  readonly hostname: string;
  readonly port: number;
  /** The value of `proxy-authorization`; null without credentials. */
  readonly authorization: string | null;
}

/**
 * Reads `http://user:password@host:port`.
 * @throws Error without the URL, which may contain a password.
 */
export const parseProxy = (text: string): ForwardProxy => {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new Error('must be a URL such as http://proxy.example.com:3128, without a path');
  }
  const { hostname, port, username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 80 : Number(port),
    authorization: username === '' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
};

const MAX_HEAD_BYTES = 16_384;
const END = '\r\n\r\n';

/** Reads the head of the answer. Rejects if it is followed by bytes: the receiver waits for the request. */
const readHead = (socket: Socket): Promise<string> =>
  new Promise((resolve, reject) => {
    let head = '';
    const settle = (settled: () => void): void => {
      socket.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
      settled();
    };
    const onEnd = (): void => settle(() => reject(new TransportError('PROXY_FAILED')));
    const onReadable = (): void => {
      for (let chunk: unknown = socket.read(); chunk !== null; chunk = socket.read()) {
        head += (chunk as Buffer).toString('latin1');
      }
      const end = head.indexOf(END);
      if (end === -1 ? head.length > MAX_HEAD_BYTES : end + END.length < head.length) onEnd();
      else if (end !== -1) settle(() => resolve(head));
    };
    socket.on('readable', onReadable).on('end', onEnd).on('close', onEnd);
  });

const PROXY_AUTHENTICATION_REQUIRED = 407;

/**
 * Asks the proxy at the other end of `socket` for a connection to a host, which the proxy resolves. Rejects with
 * `PROXY_REFUSED` if it does not connect to this host, and with `PROXY_FAILED` if it cannot be used at all.
 */
export const openTunnel = async (
  socket: Socket,
  { proxy, name, port }: { readonly proxy: ForwardProxy; readonly name: string; readonly port: number },
  step: DialStep,
): Promise<void> => {
  const authority = `${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
  const authorization = proxy.authorization === null ? '' : `proxy-authorization: ${proxy.authorization}\r\n`;
  const answered = readHead(socket);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${authorization}\r\n`);
  try {
    const [, status] = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(await withinStep(step, answered)) ?? [];
    if (status?.startsWith('2') === true) return;
    const is_broken = status === undefined || Number(status) === PROXY_AUTHENTICATION_REQUIRED;
    throw new TransportError(is_broken ? 'PROXY_FAILED' : 'PROXY_REFUSED');
  } catch (error) {
    socket.destroy();
    throw error;
  }
};
