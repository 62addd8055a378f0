import { wrongUsage } from '../frame/command-error.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from './parse-json.ts';

interface Assignment {
  /** The original text, for messages. */
  readonly typed: string;
  readonly value: Json;
}

const withItem = (
  list: readonly Json[],
  [key = '', ...rest]: readonly string[],
  assignment: Assignment,
): Json => {
  const index = Number(key);
  if (!/^\d{1,4}$/.test(key) || index > list.length) {
    throw wrongUsage(
      `--set ${assignment.typed}: "${key}" is not an index of a list of ${list.length}. Indexes start at 0; ${list.length} appends.`,
    );
  }
  const changed = withValue(list[index], rest, assignment);
  return index === list.length ? [...list, changed] : list.with(index, changed);
};

const withField = (
  object: JsonObject,
  [key = '', ...rest]: readonly string[],
  assignment: Assignment,
): Json => {
  const current = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: withValue(current, rest, assignment) };
};

/** A copy with the value at the path. Missing objects on the path are created. */
const withValue = (target: Json | undefined, path: readonly string[], assignment: Assignment): Json => {
  if (path.length === 0) return assignment.value;
  if (Array.isArray(target)) return withItem(target, path, assignment);
  if (target === undefined || target === null) return withField({}, path, assignment);
  if (isJsonObject(target)) return withField(target, path, assignment);
  throw wrongUsage(
    `--set ${assignment.typed}: "${path[0] ?? ''}" would be a field of ${JSON.stringify(target)}, which has no fields.`,
  );
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/**
 * Sets values in the data, each specified as `path=value`, like `order.items.0.total=499`. A value that is not valid
 * JSON is text.
 * @throws CommandError
 */
export const setValues = (data: JsonObject, sets: readonly string[]): JsonObject => {
  let changed: Json = data;
  for (const typed of sets) {
    const at = typed.indexOf('=');
    const path = typed.slice(0, Math.max(at, 0)).split('.');
    if (path.includes('')) {
      throw wrongUsage(`--set ${typed}: must be a path and a value, like order.total=499.`);
    }
    const text = typed.slice(at + 1);
    const value = isJson(text) ? parseJson(text, `--set ${typed}`) : text;
    changed = withValue(changed, path, { typed, value });
  }
  return changed as JsonObject;
};
