import { type Checker, createChecker } from '../../packages/server/src/catalog/checker.ts';
import { findCompileIssues } from '../../packages/server/src/catalog/compile-issues.ts';
import { findPlainIssues } from '../../packages/server/src/catalog/validate-schema.ts';
import type { Issue } from '../../packages/server/src/core/errors.ts';
import type { JsonObject } from '../../packages/server/src/core/json.ts';

/** The issues of a schema, found in this thread. */
export const validateSchema = (schema: JsonObject): readonly Issue[] => {
  const issues = findPlainIssues(schema);
  return issues.length > 0 ? issues : findCompileIssues(schema);
};

const checkers = new Map<string, Checker>();

/** The issues of data, found in this thread. */
export const checkData = (schema: JsonObject, data: JsonObject): readonly Issue[] => {
  const text = JSON.stringify(schema);
  const checker = checkers.get(text) ?? createChecker(text);
  checkers.set(text, checker);
  return checker(data);
};
