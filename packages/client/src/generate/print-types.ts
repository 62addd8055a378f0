import { printComment } from './print-text.ts';
import { printType } from './print-type.ts';
import type { Shape } from './shape.ts';
import { shapesOfSchema } from './shape-of-schema.ts';
import { typeNames } from './type-names.ts';

/** An event type as `GET /v1/event-types` returns it. */
export interface CatalogType {
  readonly name: string;
  readonly description?: string | null;
  readonly schema?: unknown;
  readonly example?: unknown;
  readonly previous_example?: unknown;
}

export interface PrintedTypes {
  /** The catalog, sorted by name. */
  readonly types: readonly CatalogType[];
  /** The declarations of all types, separated by empty lines. */
  readonly declarations: string;
  /** The name of the data type of an event type. */
  readonly nameOf: (event_type: string) => string;
}

const ANYTHING: Shape = { kind: 'object', fields: [], others: { kind: 'unknown' } };

const declare = (name: string, shape: Shape, printed: string): string =>
  shape.kind === 'object' && printed.startsWith('{')
    ? `export interface ${name} ${printed}`
    : `export type ${name} =${printed.startsWith('\n') ? '' : ' '}${printed};`;

/** The declarations of an event type's data and of the definitions in its schema. */
const declareType = (type: CatalogType, name: string, taken: readonly string[]): readonly string[] => {
  const { root, definitions } = shapesOfSchema(type.schema ?? true);
  const names = typeNames(
    [...definitions.keys()].map((definition) => `${name} ${definition}`),
    taken,
  );
  const nameOf = (definition: string): string =>
    definition === '' ? name : (names.get(`${name} ${definition}`) ?? 'unknown');
  const shape = root.kind === 'unknown' ? ANYTHING : root;
  const own = printComment(type.description ?? null) + declare(name, shape, printType(shape, nameOf));
  const parts = [...definitions].map(([definition, part]) =>
    declare(nameOf(definition), part, printType(part, nameOf)),
  );
  return [own, ...parts];
};

const byName = (a: CatalogType, b: CatalogType): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Prints a TypeScript type for the data of every event type. The text does not depend on the order of the catalog. */
export const printTypes = (catalog: readonly CatalogType[], taken: readonly string[]): PrintedTypes => {
  const types = catalog.toSorted(byName);
  const names = typeNames(
    types.map(({ name }) => name),
    taken,
  );
  const nameOf = (event_type: string): string => names.get(event_type) ?? 'unknown';
  const all = [...taken, ...names.values()];
  const declarations = types.flatMap((type) => declareType(type, nameOf(type.name), all));
  return { types, declarations: declarations.join('\n\n'), nameOf };
};
