import { z } from 'zod';
import { auditedWorkspace } from '../admin/audit.ts';
import { BellwireError } from '../core/errors.ts';
import type { CreationKey } from '../core/idempotency.ts';
import { canonicalJson } from '../core/json.ts';
import { initialCatalog } from '../admin/initial-catalog.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { creationKey, described, label, page, workspaceId } from './fields.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { pageOf } from './views/shown.ts';
import type { Workspace } from '../ports/repositories.ts';
import { erasureView, viewErasure } from './views/erasure.ts';
import { viewWorkspace, workspaceView } from './views/workspace.ts';

const scope = 'admin';
const strictField = described(z.boolean(), 'If true, events of unknown types are refused.', true).optional();
const one = z.strictObject({ workspace_id: workspaceId });
const notFound = (workspace_id: string) =>
  new BellwireError('not_found', `There is no workspace ${workspace_id}.`);
const taken = (name: string | undefined) =>
  new BellwireError('already_exists', `A workspace "${name ?? ''}" already exists. Choose another name.`, {
    issues: [{ path: 'name', message: 'is already used' }],
  });

const unknownDialect = (name: string) =>
  new BellwireError('invalid_input', `Unknown dialect "${name}".`, {
    issues: [{ path: 'dialect', message: 'is unknown' }],
  });

const newWorkspace = z.strictObject({
  name: label,
  dialect: described(
    z.string().max(64),
    'The default dialect of its hooks. Default: `standard`.',
    'standard',
  ).optional(),
  strict: strictField,
  idempotency_key: creationKey(
    'Visible ASCII. The same request with the same key returns the workspace that the first one created; another request is refused. Unique over all workspaces; deleting the workspace frees it.',
  ),
});

/** The workspace that the key created before. @throws BellwireError `already_exists`, `idempotency_conflict` */
const existing = async (
  { repositories }: RpcDeps,
  name: string,
  key: CreationKey | undefined,
): Promise<Workspace> => {
  const first = key === undefined ? null : await repositories.workspaces.ofKey(key.idempotency_key);
  if (first === null) throw taken(name);
  if (first.fingerprint === key?.fingerprint) return first.workspace;
  throw new BellwireError(
    'idempotency_conflict',
    `This idempotency key was already used for a different workspace (${first.workspace.id}). Send the same body again, or use a new key.`,
  );
};

const defineCreation = (deps: RpcDeps) => ({
  create: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'POST', path: '/workspaces', status: 201 },
      summary: 'Create a workspace',
      description:
        'Creates an isolated environment. Its catalog starts with the catalog of its dialect. Select it with the header `Bellwire-Workspace`, or create an API key for it.',
      errors: ['already_exists', 'idempotency_conflict'],
      example: { name: 'acme' },
    })
    .input(newWorkspace)
    .output(workspaceView)
    .mutation(async ({ ctx, input: { idempotency_key, ...input } }) => {
      const dialect = input.dialect ?? 'standard';
      const catalog = deps.catalogOfDialect(dialect);
      if (catalog === null) throw unknownDialect(dialect);
      const time = deps.now();
      const workspace = {
        id: deps.ids('ws'),
        name: input.name,
        dialect,
        strict: input.strict ?? false,
        created_at: time,
        updated_at: time,
      };
      const types = initialCatalog(catalog, time);
      const key =
        idempotency_key === undefined
          ? undefined
          : {
              idempotency_key,
              fingerprint: deps.hash(
                canonicalJson([input.name, input.dialect ?? null, input.strict ?? null]),
              ),
            };
      const actor = { workspace_id: workspace.id, by: ctx.caller.key_id };
      const created = await deps.audit.change(actor, async ({ workspaces }, record) => {
        const is_new = await workspaces.create(workspace, types, key);
        const after = auditedWorkspace(workspace);
        if (is_new) await record({ action: 'workspace.created', subject: workspace.id, after });
        return is_new;
      });
      return viewWorkspace(created ? workspace : await existing(deps, input.name, key));
    }),
});

const defineReads = ({ repositories }: RpcDeps) => ({
  list: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'GET', path: '/workspaces' },
      summary: 'List workspaces',
      description: 'Newest first.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject(page))
    .output(pageOf(workspaceView))
    .query(async ({ ctx, input }) =>
      toAnswer(await repositories.workspaces.list(toPageQuery(input)), viewWorkspace, ctx),
    ),
  get: procedure
    .meta({
      scope: 'read',
      portal: 'none',
      route: { method: 'GET', path: '/workspaces/{workspace_id}' },
      summary: 'Get a workspace',
      description: 'A workspace by its id. A key of a workspace can get that one only.',
    })
    .input(one)
    .output(workspaceView)
    .query(async ({ ctx: { caller }, input: { workspace_id } }) => {
      const is_own = caller.workspace_id === null || caller.workspace_id === workspace_id;
      const workspace = is_own ? await repositories.workspaces.get(workspace_id) : null;
      if (workspace === null) throw notFound(workspace_id);
      return viewWorkspace(workspace);
    }),
});

const defineChanges = ({ audit, now, erasureJobs }: RpcDeps) => ({
  update: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'PATCH', path: '/workspaces/{workspace_id}' },
      summary: 'Update a workspace',
      description: 'Updates the given fields.',
      errors: ['already_exists'],
      example: { strict: true },
    })
    .input(one.extend({ name: label.optional(), strict: strictField }))
    .output(workspaceView)
    .mutation(async ({ ctx, input: { workspace_id, name, strict } }) => {
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(strict === undefined ? {} : { strict }),
      };
      const actor = { workspace_id, by: ctx.caller.key_id };
      return audit.change(actor, async ({ workspaces }, record) => {
        const before = await workspaces.get(workspace_id);
        const updated = await workspaces.update(workspace_id, change, now());
        if (before === null || updated === null) throw notFound(workspace_id);
        if (updated === 'taken') throw taken(name);
        const fields = { before: auditedWorkspace(before), after: auditedWorkspace(updated) };
        await record({ action: 'workspace.updated', subject: workspace_id, ...fields });
        return viewWorkspace(updated);
      });
    }),
  delete: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'DELETE', path: '/workspaces/{workspace_id}', status: 202 },
      summary: 'Delete a workspace',
      description:
        'Starts a job that deletes the workspace. Its API keys stop working, and calls do not find it anymore. It must not have hooks, events or API keys, unless `force` is true. The default workspace cannot be deleted. Follow the job at `GET /v1/erasures/{erasure_id}`.',
      errors: ['in_use'],
    })
    .input(
      one.extend({
        force: described(
          z.boolean(),
          'If true, everything in the workspace is deleted with it.',
          false,
        ).optional(),
      }),
    )
    .output(erasureView)
    .mutation(async ({ ctx, input: { workspace_id, force = false } }) =>
      viewErasure(await erasureJobs.eraseWorkspace({ workspace_id, by: ctx.caller.key_id, force })),
    ),
});

/** Workspaces: each has its own catalog, default dialect and API keys. */
export const createWorkspacesRouter = (deps: RpcDeps) =>
  t.router({ ...defineCreation(deps), ...defineReads(deps), ...defineChanges(deps) });
