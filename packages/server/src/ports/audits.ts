import type { JsonObject } from '../core/json.ts';
import type { Page, PageQuery } from './page.ts';

/** The recorded fields of something, without secrets. */
export type AuditFields = JsonObject;

/** One change: what was done to what, and by which key. */
export interface AuditEntry {
  readonly id: string;
  readonly workspace_id: string;
  readonly at: number;
  /** The id of the caller's API key; `bellwire` for what Bellwire does by itself. */
  readonly by: string;
  readonly action: string;
  /** The id of the object of the action. */
  readonly subject: string;
  /** The fields that changed, as they were; null for something new, for actions without fields, and after an erasure. */
  readonly before: AuditFields | null;
  /** The same fields after the change; null for something deleted. */
  readonly after: AuditFields | null;
}

/** An entry with the tenant that its subject belongs to, so that the erasure of the tenant finds it. */
export interface NewAuditEntry extends AuditEntry {
  readonly tenant: string | null;
}

export interface AuditFilter {
  readonly subject?: string | undefined;
}

/** The audit log. */
export interface Audits {
  readonly add: (entry: NewAuditEntry) => Promise<void>;
  readonly list: (workspace_id: string, filter: AuditFilter, page: PageQuery) => Promise<Page<AuditEntry>>;
  /** Deletes entries from before a time, at most `limit`. Returns their number. */
  readonly prune: (before: number, limit: number) => Promise<number>;
}
