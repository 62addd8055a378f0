import { BellwireError } from '../core/errors.ts';
import type { Dialect } from './define-dialect.ts';
import { standard } from './standard.ts';

/** Dialects by name. */
export type Dialects = ReadonlyMap<string, Dialect>;

const builtIn: readonly Dialect[] = [standard];

/**
 * The built-in dialects and a user's own; an own one replaces a built-in one of its name.
 * @throws BellwireError `config_invalid` when two of the user's have one name.
 */
export const createDialects = (own: readonly Dialect[] = []): Dialects => {
  const names = new Set(own.map(({ name }) => name));
  if (names.size < own.length) {
    throw new BellwireError(
      'config_invalid',
      'Two dialects in the configuration have the same name. Give each its own.',
    );
  }
  return new Map([...builtIn, ...own].map((dialect) => [dialect.name, dialect]));
};
