import { wrongUsage } from '../frame/command-error.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from './parse-json.ts';

interface Place {
  /** As it was typed, for messages. */
  readonly typed: string;
  readonly value: Json;
}

const withItem = (list: readonly Json[], [key = '', ...rest]: readonly string[], place: Place): Json => {
  const index = Number(key);
  if (!/^\d{1,4}$/.test(key) || index > list.length) {
    throw wrongUsage(
      `--set ${place.typed}: "${key}" is no place in a list of ${list.length}. Places count from 0; ${list.length} adds one.`,
    );
  }
  const changed = withValue(list[index], rest, place);
  return index === list.length ? [...list, changed] : list.with(index, changed);
};

const withField = (object: JsonObject, [key = '', ...rest]: readonly string[], place: Place): Json => {
  const there = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: withValue(there, rest, place) };
};

/** A copy that has the value at the path; objects that are missing on the way are made. */
const withValue = (target: Json | undefined, path: readonly string[], place: Place): Json => {
  if (path.length === 0) return place.value;
  if (Array.isArray(target)) return withItem(target, path, place);
  if (target === undefined || target === null) return withField({}, path, place);
  if (isJsonObject(target)) return withField(target, path, place);
  throw wrongUsage(
    `--set ${place.typed}: there is ${JSON.stringify(target)} before "${path[0] ?? ''}", which has no fields.`,
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
 * Data with values changed, each as `path=value`: `order.items.0.total=499`. What is JSON is read as that, all
 * else is text.
 * @throws CommandError
 */
export const setValues = (data: JsonObject, sets: readonly string[]): JsonObject => {
  let changed: Json = data;
  for (const typed of sets) {
    const at = typed.indexOf('=');
    const path = typed.slice(0, Math.max(at, 0)).split('.');
    if (path.includes('')) {
      throw wrongUsage(`--set ${typed}: it must be a path and a value, like order.total=499.`);
    }
    const text = typed.slice(at + 1);
    const value = isJson(text) ? parseJson(text, `--set ${typed}`) : text;
    changed = withValue(changed, path, { typed, value });
  }
  return changed as JsonObject;
};
