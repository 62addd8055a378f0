import { startPostgres } from './postgres-server.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

const KEYS = `k1:${Buffer.alloc(32, 5).toString('base64')}`;

export interface NodesOptions {
  /** Whether commits reach the disk, for tests that kill the database; false by default. */
  readonly fsync?: boolean;
  /** Environment of every node. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A PostgreSQL and a database of its own for the nodes of one test. Disposing ends the nodes first. */
export const preparePostgresNodes = async ({ fsync = false, env = {} }: NodesOptions = {}) => {
  const stack = new AsyncDisposableStack();
  try {
    const folder = stack.use(await createTemporaryFolder());
    const postgres = stack.use(await startPostgres({ fsync }));
    const database = stack.use(await postgres.createDatabase());
    const nodes = new Set<ServerProcess>();
    stack.defer(async () => {
      await Promise.all([...nodes].map((node) => node[Symbol.asyncDispose]()));
    });
    return {
      postgres,
      database,
      folder: folder.path,
      /** Starts a node. */
      start: async (more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> => {
        const node = await startServer({
          folder: folder.path,
          env: { BELLWIRE_DATABASE_URL: database.url, BELLWIRE_ENCRYPTION_KEYS: KEYS, ...env, ...more },
        });
        nodes.add(node);
        return node;
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
};

/** The URLs of nodes in turn, for a load; null while there is none. */
export const inTurn = (nodes: readonly ServerProcess[]): (() => string | null) => {
  let nth = 0;
  return () => {
    nth += 1;
    return nodes.length === 0 ? null : nodes[nth % nodes.length]!.url;
  };
};
