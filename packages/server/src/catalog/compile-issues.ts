import type { Issue } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { schemaError } from './ajv.ts';
import { dotted } from './to-issue.ts';
import { join, MAX_ISSUES, type Place, placesIn } from './validate-schema.ts';

const patternsOf = ({ schema, path }: Place) => {
  const { pattern, patternProperties } = schema;
  const keys = isJsonObject(patternProperties) ? Object.keys(patternProperties) : [];
  return [
    ...(typeof pattern === 'string' ? [{ path: join(path, 'pattern'), pattern }] : []),
    ...keys.map((key) => ({ path: join(path, 'patternProperties'), pattern: key })),
  ];
};

/** Why V8 cannot use a pattern; null if it can. It compiles a pattern at its first match, and rejects large ones then. */
const patternError = (pattern: string): string | null => {
  try {
    new RegExp(pattern, 'u').test('');
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*\/u: /s, '') : 'it is malformed';
    return `is not a regular expression under the flag u: ${reason}`;
  }
};

const checkPatterns = (places: readonly Place[]): readonly Issue[] =>
  places.flatMap(patternsOf).flatMap(({ path, pattern }) => {
    const error = patternError(pattern);
    return error === null ? [] : [{ path, message: `the pattern ${shorten(pattern)} ${error}` }];
  });

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** `schema is invalid: data/properties/a/type must be …, data/…` → the path and message of the first error. */
const toIssue = (refusal: string): Issue => {
  const [, pointer = '', message = refusal] =
    /^schema is invalid: data(\S*) (.*?)(?:, data[/ ].*)?$/s.exec(refusal) ?? [];
  return { path: dotted(pointer), message: message.slice(0, 300) };
};

/**
 * The issues of a schema without plain issues: it must compile, with all of its patterns. Can take very long, so it runs
 * in the schema thread.
 */
export const findCompileIssues = (schema: JsonObject): readonly Issue[] => {
  const issues = checkPatterns(placesIn(schema));
  if (issues.length > 0) return issues.slice(0, MAX_ISSUES);
  const refusal = schemaError(schema);
  return refusal === null ? [] : [toIssue(refusal)];
};
