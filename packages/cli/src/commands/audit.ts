import type { AuditEntry } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import type { Noun } from '../frame/verb.ts';

const list = listVerb<{}, AuditEntry>({
  about: 'List the audit log, newest entry first.',
  things: 'audit entries',
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
  about: 'See who rotated, switched or revealed a secret, or disabled TLS verification.',
  verbs: [list],
};
