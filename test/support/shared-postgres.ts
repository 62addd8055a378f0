import type { TestProject } from 'vitest/node';
import { startMigratedPostgres } from './postgres-database.ts';
import { postgres } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that all test files of a project share, and a database with our tables to be copied. */
    readonly shared_postgres?: { readonly url: string; readonly template: string };
  }
}

/** The setup of a project whose tests store in PostgreSQL. */
export default async ({ provide }: TestProject) => {
  if ('missing' in postgres) return undefined;
  const {
    server,
    template,
    [Symbol.asyncDispose]: stop,
  } = await startMigratedPostgres({
    settings: { max_connections: 400 },
  });
  provide('shared_postgres', { url: server.urlOf('postgres'), template });
  return stop;
};
