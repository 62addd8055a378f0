import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { portOf } from './port-of.ts';

/** An HTTP server at an address of loopback, for tests in which only some of them are allowed. */
export const listenAt = async (address: string, answer: RequestListener, port = 0) => {
  const paths: string[] = [];
  let connections = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    paths.push(request.url ?? '');
    answer(request, response);
  });
  server.on('connection', () => void (connections += 1));
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: portOf(server),
    url: `http://${address}:${portOf(server)}/`,
    /** The paths of all requests. */
    paths: paths as readonly string[],
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
