import { standardDefaults } from './defaults.ts';
import type { Dialect } from './dialect.ts';

export type DialectDefinition = Pick<Dialect, 'name'> & Partial<Dialect>;

/** Makes a dialect of its differences: whatever is left open behaves as in `standard`. */
export const defineDialect = (definition: DialectDefinition): Dialect =>
  Object.freeze({ ...standardDefaults, ...definition });
