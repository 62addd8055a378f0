import { z } from 'zod';
import type { AuditEntry } from '../../ports/audits.ts';
import { EXAMPLE } from '../examples.ts';
import { described, jsonObject } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

export const auditView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.audit_id),
    at: shownTime('When it happened.'),
    by: described(
      z.string(),
      'The id of the API key; `in_process` for in-process code, `configuration` for `BELLWIRE_API_KEY`, `bellwire` for a hook that Bellwire disables.',
      EXAMPLE.key_id,
    ),
    action: described(z.string(), 'The action.', 'hook.deactivated'),
    subject: described(
      z.string(),
      'The id of the changed object; of an event type, its name.',
      EXAMPLE.hook_id,
    ),
    before: described(
      jsonObject.nullable(),
      'The changed fields as they were. Null if the object is new, for actions without fields, and after an erasure.',
      { status: 'active' },
    ),
    after: described(
      jsonObject.nullable(),
      'The same fields after the change. Null if the object was deleted.',
      { status: 'paused' },
    ),
  })
  .meta({ id: 'AuditEntry', description: 'One change and its author.' });

export const viewAudit = (entry: AuditEntry): z.infer<typeof auditView> => ({
  id: entry.id,
  at: iso(entry.at),
  by: entry.by,
  action: entry.action,
  subject: entry.subject,
  before: entry.before,
  after: entry.after,
});
