/** The values of a flag. The compiler checks that they are exactly the values of `T`, the type in the API. */
export const choices = <T extends string>(words: Readonly<Record<T, true>>): readonly T[] =>
  Object.keys(words) as T[];
