import { z } from 'zod';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { page } from './fields.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { auditView, viewAudit } from './views/audit.ts';
import { pageOf } from './views/shown.ts';

/** The audit log. */
export const createAuditRouter = ({ repositories }: RpcDeps) =>
  t.router({
    list: procedure
      .meta({
        scope: 'workspace',
        route: { method: 'GET', path: '/audit' },
        summary: 'List the audit log',
        description:
          'Who rotated, switched or revealed a secret, and who disabled TLS verification. Newest first. Entries never change.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject(page))
      .output(pageOf(auditView))
      .query(async ({ ctx, input }) =>
        toAnswer(await repositories.audit.list(ctx.workspace_id, toPageQuery(input)), viewAudit),
      ),
  });
