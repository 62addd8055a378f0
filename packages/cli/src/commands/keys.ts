import type { ApiKey } from '@bellwire/client';
import { choices } from '../frame/choices.ts';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { readFutureTime, readSeconds } from '../input/read-text.ts';
import { printRecord } from '../print/record.ts';

const list = listVerb<{}, ApiKey>({
  about: 'List the API keys of every workspace, without the keys themselves.',
  things: 'API keys',
  examples: ['keys list'],
  list: ({ apiKeys }, query) => apiKeys.list(query),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'SCOPE', of: ({ scope }) => scope },
    { title: 'WORKSPACE', of: ({ workspace_id }) => workspace_id },
    { title: 'CREATED', of: ({ created_at }) => created_at },
    { title: 'EXPIRES', of: ({ expires_at }) => expires_at },
    { title: 'LAST USED', of: ({ last_used_at }) => last_used_at },
    { title: 'KEY', of: ({ hint }) => hint },
    { title: 'NAME', of: ({ name }) => name },
  ],
});

interface NewKey extends Pick<ApiKey, 'name'>, Partial<Pick<ApiKey, 'scope' | 'events_per_second'>> {
  readonly expires_at?: string;
  readonly expires_in?: number;
}

const create = apiVerb<NewKey>({
  usage: 'create <name>',
  about: 'Create an API key. It is shown once.',
  arguments: { name: 'a name for people, like the service that uses the key' },
  flags: [
    {
      flags: '--scope <scope>',
      about:
        'admin: everything; workspace: everything in one workspace; send: only send events there; read: only read there, without secrets (default: workspace)',
      choices: choices<ApiKey['scope']>({ admin: true, workspace: true, send: true, read: true }),
    },
    {
      flags: '--expires-in <duration>',
      about: 'when the key expires, such as 90d (default: never)',
      read: readSeconds,
    },
    {
      flags: '--expires-at <time>',
      about: 'the same as a time, such as 2027-11-21T10:30:00Z',
      read: readFutureTime,
    },
    {
      flags: '--events-per-second <number>',
      about: 'maximum rate at which its events are accepted (default: no limit)',
      read: Number,
    },
  ],
  examples: [
    "keys create 'checkout service' --scope send",
    'keys create dashboard --scope read --expires-in 90d',
    'keys create importer --scope send --events-per-second 100',
    'keys create acme --workspace ws_01jd7a2m4x8q5v9t3c6n0r1yke',
  ],
  run: async ({ apiKeys }, fields, { out }) => {
    out.print(await apiKeys.create(fields), printRecord);
    out.note('Save the key now. It cannot be shown again.');
  },
});

const remove = apiVerb<{ readonly key_id: string }>({
  usage: 'delete <key_id>',
  about: 'Delete an API key. It stops working immediately.',
  arguments: { key_id: 'the id of the key' },
  examples: ['keys delete key_01jd79z5s7t9v1w3x5y8z0a2bc'],
  run: async ({ apiKeys }, { key_id }, { out }) =>
    out.print(await apiKeys.delete(key_id), () => `Deleted ${key_id}.`),
});

export const keys: Noun = {
  name: 'keys',
  about: 'Manage API keys. Requires an admin key.',
  verbs: [list, create, remove],
};
