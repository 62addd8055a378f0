import { BellwireError } from './errors.ts';

/** Limits of the catalog of one workspace. */
const MAX_EVENT_TYPES = 1_000;
/** All schemas of a catalog together, in bytes of JSON text. */
const MAX_SCHEMAS_BYTES = 4 * 1_048_576;
/** An example or previous example, in bytes of JSON text. */
const MAX_EXAMPLE_BYTES = 65_536;
/** A page of a catalog ends at the event type that reaches this size, in bytes of JSON text. */
export const MAX_PAGE_BYTES = 4 * 1_048_576;

/** The size of a catalog. */
export interface CatalogSize {
  readonly event_types: number;
  readonly schemas_bytes: number;
}

const tooManyTypes = (name: string): BellwireError =>
  new BellwireError(
    'catalog_full',
    `The event type "${name}" was not stored: a workspace has at most ${MAX_EVENT_TYPES} event types, and this one has as many. Delete types that you no longer send, use another workspace, or send events of this type without an entry in the catalog.`,
    { issues: [{ path: 'name', message: `would be event type ${MAX_EVENT_TYPES + 1}` }] },
  );

const tooManyBytes = (name: string, others: number, added: number): BellwireError =>
  new BellwireError(
    'catalog_full',
    `The event type "${name}" was not stored: the schemas of a workspace have at most ${MAX_SCHEMAS_BYTES} bytes together, and those of its other event types have ${others}. Shorten or delete schemas, or use another workspace.`,
    { issues: [{ path: 'schema', message: `has ${added} bytes; ${MAX_SCHEMAS_BYTES - others} are left` }] },
  );

/** Why an event type does not fit next to the others of its catalog; null if it does. Sizes are bytes of JSON text. */
export const catalogProblem = (
  others: CatalogSize,
  { name, schema_bytes }: { readonly name: string; readonly schema_bytes: number },
): BellwireError | null => {
  if (others.event_types >= MAX_EVENT_TYPES) return tooManyTypes(name);
  if (schema_bytes > 0 && others.schemas_bytes + schema_bytes > MAX_SCHEMAS_BYTES) {
    return tooManyBytes(name, others.schemas_bytes, schema_bytes);
  }
  return null;
};

/** @throws BellwireError `invalid_input` */
export const checkExampleSize = (field: 'example' | 'previous_example', bytes: number): void => {
  if (bytes <= MAX_EXAMPLE_BYTES) return;
  const message = `has ${bytes} bytes as JSON; at most ${MAX_EXAMPLE_BYTES} are allowed`;
  throw new BellwireError(
    'invalid_input',
    `The ${field} ${message}. Store a shorter one: it only shows what an event looks like.`,
    { issues: [{ path: field, message }] },
  );
};
