import type { ApiKey } from '@bellwire/client';

type Scope = ApiKey['scope'];

/** Each scope in words. */
export const SCOPE_WORDS: Readonly<Record<Scope, { readonly name: string; readonly hint: string }>> = {
  send: {
    name: 'Send',
    hint: 'May only send events to one workspace. For applications.',
  },
  read: {
    name: 'Read',
    hint: 'May read everything in one workspace but secrets, and change nothing. For reports and monitoring.',
  },
  workspace: {
    name: 'Workspace',
    hint: 'May do everything in one workspace, and sign in to its console.',
  },
  admin: {
    name: 'Admin',
    hint: 'May do everything in every workspace, also create keys. For operators.',
  },
};

export const SCOPES: readonly Scope[] = ['send', 'read', 'workspace', 'admin'];
