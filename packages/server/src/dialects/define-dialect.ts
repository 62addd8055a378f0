import { standardDefaults } from './defaults.ts';
import type { Dialect } from './dialect.ts';

export type DialectDefinition = Pick<Dialect, 'name'> & Partial<Dialect>;

/** Defines a dialect by its differences from `standard`. */
export const defineDialect = (definition: DialectDefinition): Dialect =>
  Object.freeze({ ...standardDefaults, ...definition });
