import { closestName } from '../closest-name.ts';
import type { JsonObject } from '../json.ts';
import type { Expression, Field, Scalar } from './expression.ts';
import { SchemaFields } from './schema-fields.ts';

/** Something in a filter that no event with this schema can satisfy. */
export interface FieldProblem {
  /** The field as written. */
  readonly field: string;
  readonly message: string;
}

interface Use {
  readonly field: Field;
  /** The values that it is compared with; empty for another field. */
  readonly values: readonly Scalar[];
  readonly needs: 'array' | 'string' | null;
}

const usesIn = (expression: Expression): readonly Use[] => {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.parts.flatMap(usesIn);
    case 'not':
      return usesIn(expression.of);
    case 'exists':
      return [{ field: expression.field, values: [], needs: null }];
    case 'in':
      return [{ field: expression.field, values: expression.values, needs: null }];
    case 'contains':
      return [{ field: expression.field, values: [], needs: 'array' }];
    case 'compare': {
      const { field, value } = expression;
      if ('literal' in value) return [{ field, values: [value.literal], needs: null }];
      return [field, value.field].map((one) => ({ field: one, values: [], needs: null }));
    }
    case 'starts_with':
    case 'ends_with':
      return [{ field: expression.field, values: [], needs: 'string' }];
  }
};

const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

const textOf = (path: readonly (string | number)[]): string =>
  path
    .map((name, index) => {
      if (typeof name === 'string' && IDENTIFIER.test(name)) return index === 0 ? name : `.${name}`;
      return `[${JSON.stringify(name)}]`;
    })
    .join('');

/** The type of a value in JSON Schema, and the types that include it. */
const typesOf = (value: Scalar): readonly string[] => {
  if (value === null) return ['null'];
  return typeof value === 'number' ? ['number', 'integer'] : [typeof value];
};

const list = (types: ReadonlySet<string>): string => [...types].join(' or ');

const typeProblem = ({ values, needs }: Use, types: ReadonlySet<string>): string | null => {
  if (needs !== null && !types.has(needs)) {
    const test = needs === 'array' ? 'contains needs an array' : 'starts_with and ends_with need a text';
    return `is of type ${list(types)}; ${test}`;
  }
  const never = values.find((value) => value !== null && !typesOf(value).some((type) => types.has(type)));
  return never === undefined
    ? null
    : `is of type ${list(types)}, so it never equals ${JSON.stringify(never)}`;
};

/** The problem of one use of a field in a schema. */
const problemOf = (use: Use, fields: SchemaFields, type: string): FieldProblem | null => {
  const { path, text } = use.field;
  const found = fields.find(path);
  if (found.kind === 'open') return null;
  if (found.kind === 'known') {
    const types = fields.types(found.schemas);
    const problem = types === null ? null : typeProblem(use, types);
    return problem === null ? null : { field: text, message: `${text} ${problem} in the schema of ${type}` };
  }
  const close = closestName(String(path[found.depth]), found.names);
  const meant = close === null ? null : textOf(path.with(found.depth, close));
  const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
  return { field: text, message: `${text} is not in the schema of ${type}${suggestion}` };
};

/** The fields of a filter that the schema of an event type excludes: at most one problem per field. */
export const checkFields = (
  expression: Expression,
  { type, schema }: { readonly type: string; readonly schema: JsonObject },
): readonly FieldProblem[] => {
  const fields = new SchemaFields(schema);
  const problems = new Map<string, FieldProblem>();
  for (const use of usesIn(expression)) {
    if (use.field.root !== 'data' || problems.has(use.field.text)) continue;
    const problem = problemOf(use, fields, type);
    if (problem !== null) problems.set(use.field.text, problem);
  }
  return [...problems.values()];
};
