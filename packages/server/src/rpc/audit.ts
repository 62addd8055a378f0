import { z } from 'zod';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { described, page } from './fields.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { auditView, viewAudit } from './views/audit.ts';
import { pageOf } from './views/shown.ts';

const subject = described(
  z.string().min(1).max(256),
  'Only changes of this: the id of a hook, a tenant, an API key, …, or the name of an event type.',
  EXAMPLE.hook_id,
);

/** The audit log. */
export const createAuditRouter = ({ repositories }: RpcDeps) =>
  t.router({
    list: procedure
      .meta({
        scope: 'read',
        portal: 'none',
        route: { method: 'GET', path: '/audit' },
        summary: 'List the audit log',
        description:
          'Every change with its key: hooks, secrets, event types, workspaces, tenants, API keys, recoveries and erasures. Newest first. `before` and `after` contain the changed fields, without secrets and header values; an erasure removes them. Entries are deleted after the retention period of the server.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({ ...page, subject: subject.optional() }))
      .output(pageOf(auditView))
      .query(async ({ ctx, input: { subject: of, ...at } }) =>
        toAnswer(
          await repositories.audit.list(ctx.workspace_id, { subject: of }, toPageQuery(at)),
          viewAudit,
          ctx,
        ),
      ),
  });
