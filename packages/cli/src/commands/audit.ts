import type { AuditEntry } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import type { Noun } from '../frame/verb.ts';

const list = listVerb<{}, AuditEntry>({
  about: 'List the audit log, the newest entry first.',
  things: 'entries',
  examples: ['audit list'],
  list: (client, query) => client.audit.list(query),
  columns: [
    { title: 'AT', of: ({ at }) => at },
    { title: 'ACTION', of: ({ action }) => action },
    { title: 'SUBJECT', of: ({ subject }) => subject },
    { title: 'BY', of: ({ by }) => by },
  ],
});

export const audit: Noun = {
  name: 'audit',
  about: 'Who rotated, switched or revealed a secret, or switched certificate checks off.',
  verbs: [list],
};
