import type { CatalogEntry } from '../dialects/dialect.ts';
import type { EventType } from '../ports/repositories.ts';

/** The event types of a new workspace, from its dialect's catalog. */
export const initialCatalog = (catalog: readonly CatalogEntry[], now: number): readonly EventType[] =>
  catalog.map(({ name, description, schema, example, previous_example }) => ({
    name,
    description,
    schema: schema ?? null,
    example: example ?? null,
    previous_example: previous_example ?? null,
    created_at: now,
    updated_at: now,
  }));
