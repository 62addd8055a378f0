import type { Database } from 'better-sqlite3';
import type { Kysely, Selectable } from 'kysely';
import { isSubscribed, type Secret, type SendableHook } from '../../core/hook.ts';
import type { Cipher } from '../cipher.ts';
import { toHook, toHeaders } from '../rows/hook-row.ts';
import { prepare } from './prepared.ts';
import type { Schema } from '../schema.ts';

/**
 * The hooks of each workspace, decrypted and ready to send, as the database has them: reads go to the database
 * once, and every change clears the workspace it changes. One process owns the file, so nobody else can.
 */
export interface HookCache {
  readonly ofWorkspace: (workspace_id: string) => ReadonlyMap<string, SendableHook>;
  /** The hooks of any status that get events of a type. */
  readonly subscribers: (workspace_id: string, type: string) => readonly SendableHook[];
  readonly byId: (id: string) => SendableHook | undefined;
  /** Replaces a hook whose row, but not its `events`, has just changed in the open transaction. */
  readonly update: (hook: SendableHook) => void;
  readonly clear: (workspace_id?: string) => void;
}

interface Entry {
  readonly hooks: Map<string, SendableHook>;
  /** Ids, since the hooks themselves are replaced when they change. */
  readonly by_type: Map<string, readonly string[]>;
}

/** Types are tenants' words: a sender that makes up names must not fill the memory. */
const TYPES_KEPT = 1_000;

type SecretRow = Selectable<Schema['bellwire_secrets']>;

export const createHookCache = (db: Kysely<Schema>, raw: Database, cipher: Cipher): HookCache => {
  const entries = new Map<string, Entry>();
  const workspaceOf = new Map<string, string>();

  const selectHooks = prepare<{ workspace_id: string }, Selectable<Schema['bellwire_hooks']>>(raw, (param) =>
    db
      .selectFrom('bellwire_hooks')
      .selectAll()
      .where('workspace_id', '=', param('workspace_id'))
      .where('deleted_at', 'is', null),
  );
  const selectSecrets = prepare<{ workspace_id: string }, SecretRow>(raw, (param) =>
    db
      .selectFrom('bellwire_secrets')
      .innerJoin('bellwire_hooks', 'bellwire_hooks.id', 'bellwire_secrets.hook_id')
      .selectAll('bellwire_secrets')
      .where('bellwire_hooks.workspace_id', '=', param('workspace_id'))
      .where('bellwire_hooks.deleted_at', 'is', null)
      .orderBy('bellwire_secrets.id', 'desc'),
  );
  const selectWorkspace = prepare<{ id: string }, { workspace_id: string }>(raw, (param) =>
    db.selectFrom('bellwire_hooks').select('workspace_id').where('id', '=', param('id')),
  );

  const openSecret = (row: SecretRow): Secret => ({
    value: cipher.open(row.secret, { table: 'bellwire_secrets', column: 'secret', id: row.id }),
    expires_at: row.expires_at,
  });

  const load = (workspace_id: string): Entry => {
    const secrets = Map.groupBy(selectSecrets.all({ workspace_id }), (row) => row.hook_id);
    const hooks = new Map<string, SendableHook>();
    for (const row of selectHooks.all({ workspace_id })) {
      const own = secrets.get(row.id) ?? [];
      const current = own.filter((secret) => secret.expires_at === null);
      const previous = own.filter((secret) => secret.expires_at !== null);
      hooks.set(row.id, {
        ...toHook(row),
        headers: toHeaders(row, cipher),
        secrets: [...current, ...previous].map(openSecret),
      });
      workspaceOf.set(row.id, workspace_id);
    }
    const entry = { hooks, by_type: new Map<string, readonly string[]>() };
    entries.set(workspace_id, entry);
    return entry;
  };
  const entryOf = (workspace_id: string): Entry => entries.get(workspace_id) ?? load(workspace_id);

  return {
    ofWorkspace: (workspace_id) => entryOf(workspace_id).hooks,
    subscribers: (workspace_id, type) => {
      const entry = entryOf(workspace_id);
      const known = entry.by_type.get(type);
      if (known !== undefined) return known.flatMap((id) => entry.hooks.get(id) ?? []);
      const found = [...entry.hooks.values()].filter((hook) => isSubscribed(hook, type));
      if (entry.by_type.size < TYPES_KEPT)
        entry.by_type.set(
          type,
          found.map((hook) => hook.id),
        );
      return found;
    },
    byId: (id) => {
      const workspace_id = workspaceOf.get(id) ?? selectWorkspace.get({ id })?.workspace_id;
      return workspace_id === undefined ? undefined : entryOf(workspace_id).hooks.get(id);
    },
    update: (hook) => {
      entryOf(hook.workspace_id).hooks.set(hook.id, hook);
    },
    clear: (workspace_id) => {
      if (workspace_id === undefined) entries.clear();
      else entries.delete(workspace_id);
    },
  };
};
