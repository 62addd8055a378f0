type Fields = Readonly<Record<string, unknown>>;

/** A field of a changed thing; undefined where it did not exist. */
export interface Difference {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || JSON.stringify(value) === '{}';

/** The fields that a change has set, removed or changed, in their order. Those of a new or deleted thing that are empty say nothing. */
export const differencesOf = (before: Fields | null, after: Fields | null): readonly Difference[] => {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names]
    .map((name) => ({ name, before: before?.[name], after: after?.[name] }))
    .filter((field) => JSON.stringify(field.before) !== JSON.stringify(field.after))
    .filter((field) => !isEmpty(field.before) || !isEmpty(field.after));
};

/** A value on one line. */
export const valueText = (value: unknown): string =>
  value === undefined || value === null || value === ''
    ? '–'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
