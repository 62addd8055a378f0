import type { DialectName } from '@bellwire/verify';
import { BellwireError } from '../core/errors.ts';
import { activities } from './activities.ts';
import { casesolved } from './casesolved.ts';
import { connect2print } from './connect2print.ts';
import type { Dialect } from './dialect.ts';
import { github } from './github.ts';
import { q2 } from './q2.ts';
import { resourceApi } from './resource-api.ts';
import { shopify } from './shopify.ts';
import { slack } from './slack.ts';
import { standard } from './standard.ts';
import { stripe } from './stripe.ts';
import { svix } from './svix.ts';

/** Dialects by name. */
export type Dialects = ReadonlyMap<string, Dialect>;

/** The built-in dialects: those that receivers can verify. */
export const builtIn: Readonly<Record<DialectName, Dialect>> = {
  standard,
  q2,
  'resource-api': resourceApi,
  connect2print,
  activities,
  casesolved,
  github,
  stripe,
  shopify,
  slack,
  svix,
};

/**
 * The built-in dialects and the user's own, which replace built-in ones of the same name.
 * @throws BellwireError `config_invalid` if two of the user's dialects have the same name.
 */
export const createDialects = (own: readonly Dialect[] = []): Dialects => {
  const names = new Set(own.map(({ name }) => name));
  if (names.size < own.length) {
    throw new BellwireError(
      'config_invalid',
      'Two dialects in the configuration have the same name. Rename one of them.',
    );
  }
  return new Map([...Object.values(builtIn), ...own].map((dialect) => [dialect.name, dialect]));
};
