import { z } from 'zod';
import type { AuditEntry } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

export const auditView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.audit_id),
    at: shownTime('When it happened.'),
    by: described(z.string(), 'The id of the API key; `in_process` for in-process code.', EXAMPLE.key_id),
    action: described(z.string(), 'The action.', 'secret.revealed'),
    subject: described(z.string(), 'The id of the changed object.', EXAMPLE.hook_id),
  })
  .meta({ id: 'AuditEntry', description: 'A change of a secret or of TLS verification.' });

export const viewAudit = (entry: AuditEntry): z.infer<typeof auditView> => ({
  id: entry.id,
  at: iso(entry.at),
  by: entry.by,
  action: entry.action,
  subject: entry.subject,
});
