/** The constraints of a JSON Schema that a type system can express. */
export type Shape =
  | { readonly kind: 'unknown' | 'never' | 'string' | 'number' | 'boolean' | 'null' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'array'; readonly items: Shape }
  | { readonly kind: 'tuple'; readonly items: readonly Shape[]; readonly rest: Shape | null }
  | { readonly kind: 'object'; readonly fields: readonly Field[]; readonly others: Shape | null }
  | { readonly kind: 'union' | 'intersection'; readonly members: readonly Shape[] }
  /** A definition of the same schema, by name; the empty name is the whole schema. */
  | { readonly kind: 'reference'; readonly to: string };

export interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly description: string | null;
  readonly shape: Shape;
}

export interface SchemaShapes {
  readonly root: Shape;
  /** The shapes in `$defs` and `definitions`, by name. */
  readonly definitions: ReadonlyMap<string, Shape>;
}

export const UNKNOWN: Shape = { kind: 'unknown' };
export const NEVER: Shape = { kind: 'never' };

const textOf = (shape: Shape): string => JSON.stringify(shape);

/** Joins members into one shape, without nesting and duplicates. */
export const joinShapes = (kind: 'union' | 'intersection', members: readonly Shape[]): Shape => {
  const [absorbing, neutral] =
    kind === 'union' ? (['unknown', 'never'] as const) : (['never', 'unknown'] as const);
  const flat = members.flatMap((member) => (member.kind === kind ? member.members : [member]));
  if (flat.some((member) => member.kind === absorbing)) return { kind: absorbing };
  const relevant = flat.filter((member) => member.kind !== neutral);
  const unique = [...new Map(relevant.map((member) => [textOf(member), member])).values()];
  const [first, ...others] = unique;
  if (first === undefined) return { kind: neutral };
  return others.length === 0 ? first : { kind, members: unique };
};
