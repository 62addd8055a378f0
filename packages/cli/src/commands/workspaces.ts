import type { Client, Workspace } from '@bellwire/client';
import { idVerbs } from '../frame/id-verb.ts';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Flag, type Noun } from '../frame/verb.ts';
import { printRecord } from '../print/record.ts';
import { printErasure } from './erasures.ts';

const WORKSPACE_ID = { workspace_id: 'the id of the workspace' };

const workspaceVerb = idVerbs({
  noun: 'workspaces',
  argument: 'workspace_id',
  about: WORKSPACE_ID.workspace_id,
  sample: 'ws_01jd7a2m4x8q5v9t3c6n0r1yke',
});

type Create = Parameters<Client['workspaces']['create']>[0];

type Update = Parameters<Client['workspaces']['update']>[1] & { readonly workspace_id: string };

const strict: readonly Flag[] = [
  { flags: '--strict', about: 'refuse event types that are not in the catalog' },
  { flags: '--no-strict', about: 'accept any event type' },
];

const list = listVerb<{}, Workspace>({
  about: 'List the workspaces, newest first.',
  things: 'workspaces',
  examples: ['workspaces list'],
  list: ({ workspaces }, query) => workspaces.list(query),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'CREATED', of: ({ created_at }) => created_at },
    { title: 'DIALECT', of: ({ dialect }) => dialect },
    { title: 'STRICT', of: (workspace) => workspace.strict },
    { title: 'NAME', of: ({ name }) => name },
  ],
});

const get = workspaceVerb('get', {
  about: 'Show a workspace.',
  call: ({ workspaces }, id) => workspaces.get(id),
});

const create = apiVerb<Create>({
  usage: 'create <name>',
  about: 'Create a workspace. It starts with the catalog of its dialect.',
  arguments: { name: 'a unique name' },
  flags: [
    { flags: '--dialect <name>', about: 'default dialect of its hooks (default: standard)' },
    ...strict,
    { flags: '--idempotency-key <key>', about: 'create the workspace only once under this key' },
  ],
  examples: ['workspaces create acme', 'workspaces create acme --dialect github --strict'],
  run: async ({ workspaces }, fields, { out }) => {
    const created = await workspaces.create(fields);
    out.print(created, printRecord);
    out.note(`Use it with --workspace ${created.id}, or BELLWIRE_WORKSPACE=${created.id}.`);
  },
});

const update = apiVerb<Update>({
  usage: 'update <workspace_id>',
  about: 'Change fields of a workspace.',
  arguments: WORKSPACE_ID,
  flags: [{ flags: '--name <name>', about: 'new name' }, ...strict],
  examples: ['workspaces update ws_default --strict'],
  run: async ({ workspaces }, { workspace_id, ...fields }, { out }) =>
    out.print(await workspaces.update(workspace_id, fields), printRecord),
});

const remove = apiVerb<{ readonly workspace_id: string; readonly force?: boolean }>({
  usage: 'delete <workspace_id>',
  about: 'Delete a workspace.',
  more: 'Without --force, it must not have hooks, events or API keys.',
  arguments: { workspace_id: 'the id of the workspace' },
  flags: [{ flags: '--force', about: 'delete everything in the workspace too' }],
  examples: ['workspaces delete ws_01jd7a2m4x8q5v9t3c6n0r1yke --force'],
  run: async ({ workspaces }, { workspace_id, force = false }, { out }) =>
    printErasure(out, await workspaces.delete(workspace_id, { force })),
});

export const workspaces: Noun = {
  name: 'workspaces',
  about: 'Manage workspaces. Requires an admin key.',
  verbs: [list, get, create, update, remove],
};
