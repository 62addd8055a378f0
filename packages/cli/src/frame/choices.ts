/** The words that a flag takes. `T` is what the API takes: the compiler wants each of them here, and no other. */
export const choices = <T extends string>(words: Readonly<Record<T, true>>): readonly T[] =>
  Object.keys(words) as T[];
