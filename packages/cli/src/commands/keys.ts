import type { ApiKey } from '@bellwire/client';
import { choices } from '../frame/choices.ts';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { printRecord } from '../print/record.ts';

interface Create {
  readonly name: string;
  readonly scope?: ApiKey['scope'];
}

const list = listVerb<{}, ApiKey>({
  about: 'List the API keys of every workspace; no key can be read out of them.',
  things: 'API keys',
  examples: ['keys list'],
  list: ({ apiKeys }, query) => apiKeys.list(query),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'SCOPE', of: ({ scope }) => scope },
    { title: 'WORKSPACE', of: ({ workspace_id }) => workspace_id },
    { title: 'CREATED', of: ({ created_at }) => created_at },
    { title: 'KEY', of: ({ hint }) => hint },
    { title: 'NAME', of: ({ name }) => name },
  ],
});

const create = apiVerb<Create>({
  usage: 'create <name>',
  about: 'Make an API key. It is shown this once.',
  arguments: { name: 'who will call with it, for people' },
  flags: [
    {
      flags: '--scope <scope>',
      about: 'what it may do: everything, all in one workspace, or send events there (workspace)',
      choices: choices<ApiKey['scope']>({ admin: true, workspace: true, send: true }),
    },
  ],
  examples: [
    "keys create 'checkout service' --scope send",
    'keys create acme --workspace ws_01jd7a2m4x8q5v9t3c6n0r1yke',
  ],
  run: async ({ apiKeys }, fields, { out }) => {
    out.answer(await apiKeys.create(fields), printRecord);
    out.note('Keep the key now: it cannot be shown again.');
  },
});

const remove = apiVerb<{ readonly key_id: string }>({
  usage: 'delete <key_id>',
  about: 'Delete an API key: it is dead at once.',
  arguments: { key_id: 'the id of the key' },
  examples: ['keys delete key_01jd79z5s7t9v1w3x5y8z0a2bc'],
  run: async ({ apiKeys }, { key_id }, { out }) =>
    out.answer(await apiKeys.delete(key_id), () => `Deleted ${key_id}.`),
});

export const keys: Noun = {
  name: 'keys',
  about: 'API keys: who may call, for admin keys.',
  verbs: [list, create, remove],
};
