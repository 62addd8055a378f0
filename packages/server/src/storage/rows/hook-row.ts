import type { Selectable } from 'kysely';
import type { Hook } from '../../core/hook.ts';
import type { Cipher } from '../cipher.ts';
import type { Schema } from '../schema.ts';

export type HookRow = Selectable<Schema['bellwire_hooks']>;

/** The hook of a row. */
export const toHook = (row: HookRow): Hook => ({
  id: row.id,
  number: row.number,
  workspace_id: row.workspace_id,
  tenant: row.tenant,
  name: row.name,
  url: row.url,
  events: JSON.parse(row.events) as string[],
  method: row.method,
  content_type: row.content_type,
  dialect: row.dialect,
  status: row.status,
  disabled_reason: row.disabled_reason,
  insecure_ssl: row.insecure_ssl === 1,
  max_attempts: row.max_attempts,
  timeout_ms: row.timeout_ms,
  validated_at: row.validated_at,
  consecutive_failures: row.consecutive_failures,
  failing_since: row.failing_since,
  created_at: row.created_at,
  updated_at: row.updated_at,
});

const headersLocation = (id: string) => ({ table: 'bellwire_hooks', column: 'headers', id });

/** The decrypted custom headers of a hook. */
export const toHeaders = (row: HookRow, cipher: Cipher): Readonly<Record<string, string>> =>
  row.headers === null
    ? {}
    : (JSON.parse(cipher.open(row.headers, headersLocation(row.id))) as Record<string, string>);

/** The encrypted custom headers of hook `id`; null if there are none. */
export const sealHeaders = (
  headers: Readonly<Record<string, string>>,
  id: string,
  cipher: Cipher,
): string | null =>
  Object.keys(headers).length === 0 ? null : cipher.seal(JSON.stringify(headers), headersLocation(id));
