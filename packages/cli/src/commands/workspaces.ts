import type { Workspace } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Flag, type Noun } from '../frame/verb.ts';
import { printRecord } from '../print/record.ts';

const WORKSPACE_ID = { workspace_id: 'the id of the workspace' };

interface One {
  readonly workspace_id: string;
}

interface Create {
  readonly name: string;
  readonly dialect?: string;
  readonly strict?: boolean;
}

interface Update extends One {
  readonly name?: string;
  readonly strict?: boolean;
}

const strict: readonly Flag[] = [
  { flags: '--strict', about: 'refuse events whose type is not in the catalog' },
  { flags: '--no-strict', about: 'accept them' },
];

const list = listVerb<{}, Workspace>({
  about: 'List the workspaces, the newest first.',
  things: 'workspaces',
  examples: ['workspaces list'],
  list: ({ workspaces }, query) => workspaces.list(query),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'CREATED', of: ({ created_at }) => created_at },
    { title: 'DIALECT', of: ({ dialect }) => dialect },
    { title: 'STRICT', of: (one) => one.strict },
    { title: 'NAME', of: ({ name }) => name },
  ],
});

const get = apiVerb<One>({
  usage: 'get <workspace_id>',
  about: 'Show a workspace.',
  arguments: WORKSPACE_ID,
  examples: ['workspaces get ws_default'],
  run: async ({ workspaces }, { workspace_id }, { out }) =>
    out.answer(await workspaces.get(workspace_id), printRecord),
});

const create = apiVerb<Create>({
  usage: 'create <name>',
  about: 'Make a tenant of its own; its catalog starts with that of its dialect.',
  arguments: { name: 'its name, which no other has' },
  flags: [{ flags: '--dialect <name>', about: 'the dialect of its hooks (standard)' }, ...strict],
  examples: ['workspaces create acme', 'workspaces create acme --dialect github --strict'],
  run: async ({ workspaces }, fields, { out }) => {
    const created = await workspaces.create(fields);
    out.answer(created, printRecord);
    out.note(`Use it with --workspace ${created.id}, or BELLWIRE_WORKSPACE=${created.id}.`);
  },
});

const update = apiVerb<Update>({
  usage: 'update <workspace_id>',
  about: 'Change a workspace: what is given changes, the rest stays.',
  arguments: WORKSPACE_ID,
  flags: [{ flags: '--name <name>', about: 'its new name' }, ...strict],
  examples: ['workspaces update ws_default --strict'],
  run: async ({ workspaces }, { workspace_id, ...fields }, { out }) =>
    out.answer(await workspaces.update(workspace_id, fields), printRecord),
});

const remove = apiVerb<One>({
  usage: 'delete <workspace_id>',
  about: 'Delete a workspace that has no hooks, events and API keys.',
  arguments: WORKSPACE_ID,
  examples: ['workspaces delete ws_01jd7a2m4x8q5v9t3c6n0r1yke'],
  run: async ({ workspaces }, { workspace_id }, { out }) =>
    out.answer(await workspaces.delete(workspace_id), () => `Deleted ${workspace_id}.`),
});

export const workspaces: Noun = {
  name: 'workspaces',
  about: 'Tenants, for admin keys.',
  verbs: [list, get, create, update, remove],
};
