const NUL = '\u0000';

/** PostgreSQL stores no NUL in a text: the replacement character takes its place, in values and in what is searched. */
export const storable = (value: unknown): unknown => {
  if (typeof value === 'string') return value.includes(NUL) ? value.replaceAll(NUL, '\uFFFD') : value;
  return Array.isArray(value) ? value.map(storable) : value;
};
