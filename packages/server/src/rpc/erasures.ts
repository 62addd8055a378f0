import { z } from 'zod';
import type { RpcDeps } from './deps.ts';
import { erasureId } from './fields.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { erasureView, viewErasure } from './views/erasure.ts';

/** Erasures: the jobs that the deletion of a tenant or a workspace starts. */
export const createErasuresRouter = ({ erasureJobs }: RpcDeps) =>
  t.router({
    get: procedure
      .meta({
        scope: 'read',
        portal: 'none',
        route: { method: 'GET', path: '/erasures/{erasure_id}' },
        summary: 'Get an erasure',
        description:
          'A job that deletes a tenant or a workspace. Admin keys see those of every workspace, since a deleted workspace has no keys.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({ erasure_id: erasureId }))
      .output(erasureView)
      .query(async ({ ctx, input }) => viewErasure(await erasureJobs.get(ctx.caller, input.erasure_id))),
  });
