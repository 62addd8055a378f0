import { z } from 'zod';
import type { RpcDeps } from './deps.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { systemView, viewSystem } from './views/system.ts';

/** The server itself. */
export const createSystemRouter = ({ readSystem }: RpcDeps) =>
  t.router({
    get: procedure
      .meta({
        scope: 'admin',
        portal: 'none',
        route: { method: 'GET', path: '/system' },
        summary: 'Get the state of the server',
        description:
          'Its version, the sizes of its database, and every setting with its value and where it comes from. Secrets are never included.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({}))
      .output(systemView)
      .query(async () => viewSystem(await readSystem())),
  });
