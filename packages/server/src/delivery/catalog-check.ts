import { BellwireError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { dataViolation } from '../core/schema-violation.ts';
import type { SchemaCheck } from '../ports/schema-check.ts';
import type { Store, WorkspaceCatalog } from '../ports/store.ts';

export interface CatalogCheckOptions {
  readonly store: Store;
  readonly check: SchemaCheck;
}

interface Checked {
  readonly type: string;
  readonly data: JsonObject;
  /** `data` as JSON text. */
  readonly data_text: string;
}

const noWorkspace = (id: string) => new BellwireError('not_found', `There is no workspace ${id}.`);

const unknownType = (type: string) =>
  new BellwireError(
    'unknown_event_type',
    `The workspace is strict and its catalog has no event type "${type}". Add it with PUT /v1/event-types/${encodeURIComponent(type)}, or correct the name.`,
    { issues: [{ path: 'type', message: 'is not in the catalog' }] },
  );

/**
 * Checks an event against the catalog of its workspace: data is checked if its type has a schema; unknown types are
 * refused only in strict workspaces. Returns the catalog.
 * @throws BellwireError `not_found` (no such workspace), `unknown_event_type`, `schema_violation`, and the errors of the
 * check.
 */
export const createCatalogCheck =
  ({ store, check }: CatalogCheckOptions) =>
  async (workspace_id: string, { type, data, data_text }: Checked): Promise<WorkspaceCatalog> => {
    const catalog = await store.catalog(workspace_id);
    if (catalog === null) throw noWorkspace(workspace_id);
    const known = catalog.event_types.get(type);
    if (known === undefined && catalog.strict) throw unknownType(type);
    const schema_text = known?.has_schema === true ? await store.schemaOf(workspace_id, type) : null;
    const issues =
      schema_text === null ? [] : await check({ workspace_id, type, schema_text, data, data_text });
    if (issues.length > 0) throw dataViolation(type, issues);
    return catalog;
  };
