import type { Schema } from '../schema.ts';

/** A table that a move copies. */
export interface MovedTable {
  readonly name: keyof Schema;
  /** The columns of its primary key, in order. */
  readonly key: readonly string[];
}

/** The key of `bellwire_meta` under which an unfinished move keeps its progress in the target. */
export const PROGRESS_KEY = 'move';

/** Rows of `bellwire_meta` that describe a database itself, not what it contains. */
export const UNMOVED_META: readonly string[] = [PROGRESS_KEY, 'last_scrub'];

/** The primary key of every table, with a table after those that it refers to. */
const keys: Readonly<Record<keyof Schema, readonly string[]>> = {
  bellwire_meta: ['key'],
  bellwire_workspaces: ['id'],
  bellwire_tenants: ['workspace_id', 'tenant'],
  bellwire_api_keys: ['id'],
  bellwire_event_types: ['workspace_id', 'name'],
  bellwire_hooks: ['number'],
  bellwire_throttles: ['hook_id'],
  bellwire_secrets: ['id'],
  bellwire_events: ['workspace_id', 'id'],
  bellwire_event_metadata: ['workspace_id', 'key', 'value', 'event_id'],
  bellwire_wire_ids: ['workspace_id', 'wire_id'],
  bellwire_fan_outs: ['workspace_id', 'event_id', 'position'],
  bellwire_deliveries: ['workspace_id', 'id'],
  bellwire_attempts: ['delivery_id', 'number'],
  bellwire_request_bodies: ['event_id', 'hash'],
  bellwire_recoveries: ['workspace_id', 'id'],
  bellwire_erasures: ['id'],
  bellwire_stats: ['width', 'start', 'workspace_id', 'kind', 'subject'],
  bellwire_audit: ['workspace_id', 'id'],
  bellwire_sessions: ['token_hash'],
};

/** Every table that a move copies, in an order that satisfies foreign keys. */
export const movedTables: readonly MovedTable[] = Object.entries(keys).map(([name, key]) => ({
  name: name as keyof Schema,
  key,
}));
