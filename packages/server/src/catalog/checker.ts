import { BellwireError, type Issue } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { compileSchema, TooManySteps, type CompiledSchema } from './ajv.ts';
import { toIssue } from './to-issue.ts';

const MAX_ISSUES = 20;

/** References that one check may follow: more than 1 MiB of valid data needs, about 50 ms of work. */
const MAX_STEPS = 1_000_000;

// Ajv keeps every issue in memory, and there can be as many as values × keywords. Beyond these limits only the first
// one is reported.
const MAX_STEPS_FOR_ALL = 1000;
const MAX_VALUES_FOR_ALL = 2000;
const MAX_WORK_FOR_ALL = 4_000_000;

/** The number of values in `data`, counted up to `limit`. */
const countValues = (data: Json, limit: number): number => {
  const open: Json[] = [data];
  let count = 0;
  for (let value = open.pop(); value !== undefined && count < limit; value = open.pop()) {
    count += 1;
    if (typeof value !== 'object' || value === null) continue;
    for (const child of Object.values(value)) if (open.length < limit) open.push(child);
  }
  return count;
};

interface Compiled {
  readonly first: CompiledSchema;
  /** Compiled on first use: most data is valid. */
  readonly all: () => CompiledSchema;
}

const compile = (schema_text: string): Compiled => {
  let all: CompiledSchema | null = null;
  try {
    const schema = JSON.parse(schema_text) as JsonObject;
    return { first: compileSchema(schema, false), all: () => (all ??= compileSchema(schema, true)) };
  } catch (error) {
    const message = 'The schema of this event type cannot be compiled. Store a corrected one.';
    throw new BellwireError('schema_invalid', message, { cause: error });
  }
};

const allErrors = (checker: Compiled, schema_text: string, data: JsonObject) => {
  const values = countValues(data, MAX_VALUES_FOR_ALL);
  if (values >= MAX_VALUES_FOR_ALL || values * schema_text.length > MAX_WORK_FOR_ALL) return null;
  try {
    return checker.all().run(data, MAX_STEPS_FOR_ALL);
  } catch (error) {
    if (error instanceof TooManySteps) return null;
    throw error;
  }
};

const unique = (issues: readonly Issue[]): readonly Issue[] => [
  ...new Map(issues.map((issue) => [`${issue.path}\n${issue.message}`, issue])).values(),
];

/** Checks data against one schema. */
export type Checker = (data: JsonObject) => readonly Issue[];

/**
 * Compiles a JSON Schema (draft 2020-12) that has passed `validateSchema`. Its checker returns at most 20 issues with
 * paths such as `data.order.total`, and never changes the data. Compilation and checks can take very long, so both run in
 * the schema thread unless the schema is simple.
 * @throws BellwireError `schema_invalid` for a schema that cannot be compiled.
 */
export const createChecker = (schema_text: string): Checker => {
  const checker = compile(schema_text);
  return (data) => {
    try {
      const first = checker.first.run(data, MAX_STEPS);
      if (first === null || first === undefined) return [];
      const errors = allErrors(checker, schema_text, data) ?? first;
      return unique(errors.slice(0, MAX_ISSUES * 5).map((error) => toIssue(error))).slice(0, MAX_ISSUES);
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
      return [{ path: 'data', message: 'takes too long to check: the schema refers to itself too often' }];
    }
  };
};
