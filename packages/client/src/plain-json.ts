import type { Issue } from './bellwire-error.ts';

const kindOf = (value: unknown): string => {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  return `a ${(value.constructor as { readonly name?: string } | undefined)?.name ?? 'object'}`;
};

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] | null => {
  if (Array.isArray(value)) return value.map((item, index) => [String(index), item]);
  if (typeof value !== 'object' || value === null || !isPlain(value)) return null;
  // JSON omits undefined fields, like absent ones.
  return Object.entries(value).filter(([, field]) => field !== undefined);
};

/** Finds the values that JSON would silently lose or change: dates, maps, NaN, functions and the like. */
export const issuesOfJson = (value: unknown, path: string): readonly Issue[] => {
  const entries = entriesOf(value);
  if (entries !== null) {
    return entries.flatMap(([key, item]) => issuesOfJson(item, `${path}.${key}`));
  }
  const is_json =
    value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  return is_json ? [] : [{ path, message: `is ${kindOf(value)}, which is not valid in JSON` }];
};
