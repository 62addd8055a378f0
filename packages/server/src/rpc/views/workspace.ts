import { z } from 'zod';
import type { Workspace } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

export const workspaceView = z
  .object({
    id: described(z.string(), 'Its id.', EXAMPLE.workspace_id),
    name: described(z.string(), 'Its name, which no other has.', 'acme'),
    dialect: described(z.string(), 'The dialect of its hooks, unless they name another.', 'standard'),
    strict: described(z.boolean(), 'Whether events must have a type that is in the catalog.', false),
    created_at: shownTime('When it was made.'),
    updated_at: shownTime('When it was last changed.'),
  })
  .meta({ id: 'Workspace', description: 'A tenant: hooks, events and a catalog of its own.' });

export const viewWorkspace = (workspace: Workspace): z.infer<typeof workspaceView> => ({
  ...workspace,
  created_at: iso(workspace.created_at),
  updated_at: iso(workspace.updated_at),
});
