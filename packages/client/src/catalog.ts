import { BellwireError, type Issue } from './bellwire-error.ts';
import { issuesOfJson } from './plain-json.ts';
import type { SchemaIssue, StandardSchema } from './standard-schema.ts';

/** Event types by name, each with the schema of its data. */
export type Catalog = Readonly<Record<string, StandardSchema>>;

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof segment === 'object' ? segment.key : segment);

/** Paths begin at the call, as in the server's answers. */
const toIssue = ({ path = [], message }: SchemaIssue): Issue => ({
  path: ['data', ...path.map(keyOf)].join('.'),
  message,
});

const violation = (type: string, issues: readonly Issue[]): BellwireError =>
  new BellwireError(
    'schema_violation',
    `The data does not match the schema of ${type}: ${issues.map(({ path, message }) => `${path} ${message}`).join('; ')}.`,
    { issues },
  );

/** @throws BellwireError `unknown_event_type` */
const schemaOf = (catalog: Catalog, type: string): StandardSchema => {
  const schema = Object.hasOwn(catalog, type) ? catalog[type] : undefined;
  if (schema !== undefined) return schema;
  throw new BellwireError(
    'unknown_event_type',
    `The catalog of this client has no event type "${type}". Add it, or use one of: ${Object.keys(catalog).join(', ')}.`,
    { issues: [{ path: 'type', message: 'is not in the catalog' }] },
  );
};

/**
 * The data as its schema puts it out, with defaults and transformations: that is what is sent.
 * @throws BellwireError `unknown_event_type`; `schema_violation`, also where the schema puts out what JSON has not
 */
export const checkData = async (catalog: Catalog, type: string, data: unknown): Promise<object> => {
  const result = await schemaOf(catalog, type)['~standard'].validate(data);
  if (result.issues !== undefined) throw violation(type, result.issues.map(toIssue));
  const { value } = result;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw violation(type, [{ path: 'data', message: 'must be a JSON object' }]);
  }
  const issues = issuesOfJson(value, 'data');
  if (issues.length > 0) throw violation(type, issues);
  return value;
};
