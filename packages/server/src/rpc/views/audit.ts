import { z } from 'zod';
import type { AuditEntry } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

export const auditView = z
  .object({
    id: described(z.string(), 'Its id.', EXAMPLE.audit_id),
    at: shownTime('When it was done.'),
    by: described(
      z.string(),
      'The API key that did it; `in_process` for code in the process of the server.',
      EXAMPLE.key_id,
    ),
    action: described(z.string(), 'What was done.', 'secret.revealed'),
    subject: described(z.string(), 'What it was done to.', EXAMPLE.hook_id),
  })
  .meta({ id: 'AuditEntry', description: 'Something that was done to a secret, or to how far hooks trust.' });

export const viewAudit = (entry: AuditEntry): z.infer<typeof auditView> => ({
  id: entry.id,
  at: iso(entry.at),
  by: entry.by,
  action: entry.action,
  subject: entry.subject,
});
