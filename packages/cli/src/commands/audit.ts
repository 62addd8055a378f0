import type { AuditEntry } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import type { Noun } from '../frame/verb.ts';

interface AuditQuery {
  readonly subject?: string;
}

const list = listVerb<AuditQuery, AuditEntry>({
  about: 'List the audit log, newest entry first.',
  things: 'audit entries',
  flags: [{ flags: '--subject <id>', about: 'only changes of this hook, tenant, API key, event type, …' }],
  examples: ['audit list', 'audit list --subject $HOOK'],
  list: (client, query) => client.audit.list(query),
  columns: [
    { title: 'AT', of: ({ at }) => at },
    { title: 'ACTION', of: ({ action }) => action },
    { title: 'SUBJECT', of: ({ subject }) => subject },
    { title: 'BY', of: ({ by }) => by },
    // A new or deleted object has all of its fields: `--json` shows them.
    { title: 'CHANGED', of: ({ before, after }) => (before && after ? Object.keys(after).join(' ') : '') },
  ],
});

export const audit: Noun = {
  name: 'audit',
  about: 'See who changed what: hooks, secrets, event types, workspaces, tenants, API keys and jobs.',
  verbs: [list],
};
