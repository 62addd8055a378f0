import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { verify } from '@bellwire/client/verify';

export type Verifier = typeof verify;

export interface ShopEvent {
  readonly id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  /** Repeats the verification of the request with another secret. */
  readonly isSignedWith: (secret: string) => Promise<boolean>;
}

/** A customer's receiver, which can go down and come back at the same URL. */
export interface Shop extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** The secret that it verifies with. It refuses every other request with 401. */
  secret: string;
  /** What it accepted, in order. */
  readonly events: readonly ShopEvent[];
  /** Why it refused requests. */
  readonly refusals: readonly string[];
  /** Closes its port. */
  readonly close: () => Promise<void>;
  readonly open: () => Promise<void>;
}

const isListening = async (server: Server, port: number): Promise<boolean> => {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  }
};

/** Outside the range that Linux uses for connections, so that the port is still free after an outage. */
const anyPort = (): number => 20_000 + Math.floor(Math.random() * 10_000);

/** Opens a shop that verifies with this verifier. */
export const openShop = async (verifier: Verifier): Promise<Shop> => {
  const events: ShopEvent[] = [];
  const refusals: string[] = [];
  const server = createServer((request, response) => {
    const receive = async (): Promise<number> => {
      const received = { headers: request.headers, body: Buffer.concat(await request.toArray()) };
      const verified = await verifier(received, { secret: shop.secret });
      if (!verified.accepted) {
        refusals.push(verified.reason);
        return 401;
      }
      const { data } = verified.json() as Pick<ShopEvent, 'data'>;
      const isSignedWith = async (secret: string) => (await verifier(received, { secret })).accepted;
      events.push({ id: verified.id, data, isSignedWith });
      return 204;
    };
    receive().then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(),
    );
  });
  // A sender whose idle connection was closed sends its request twice.
  server.keepAliveTimeout = 0;
  let port = anyPort();
  while (!(await isListening(server, port))) port = anyPort();

  const shop: Shop = {
    origin: `http://127.0.0.1:${port}`,
    secret: '',
    events,
    refusals,
    open: async () => {
      if (!(await isListening(server, port))) throw new Error(`the port ${port} is not free anymore`);
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    [Symbol.asyncDispose]: () => shop.close(),
  };
  return shop;
};
