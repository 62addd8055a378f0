import { z } from 'zod';
import type { Workspace } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

export const workspaceView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.workspace_id),
    name: described(z.string(), 'The unique name.', 'acme'),
    dialect: described(z.string(), 'The default dialect of its hooks.', 'standard'),
    strict: described(z.boolean(), 'Whether events of unknown types are refused.', false),
    created_at: shownTime('When it was created.'),
    updated_at: shownTime('When it was last updated.'),
  })
  .meta({ id: 'Workspace', description: 'An isolated environment with its own hooks, events and catalog.' });

export const viewWorkspace = (workspace: Workspace): z.infer<typeof workspaceView> => ({
  ...workspace,
  created_at: iso(workspace.created_at),
  updated_at: iso(workspace.updated_at),
});
