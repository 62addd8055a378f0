import type { DialectName } from '@bellwire/verify';
import { BellwireError } from '../core/errors.ts';
import { isOperational } from '../core/operational-events.ts';
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
 * @throws BellwireError `config_invalid` if two of the user's dialects have the same name, or if a catalog has an event
 * type that begins with `bellwire.`.
 */
export const createDialects = (own: readonly Dialect[] = []): Dialects => {
  const names = new Set(own.map(({ name }) => name));
  if (names.size < own.length) {
    throw new BellwireError(
      'config_invalid',
      'Two dialects in the configuration have the same name. Rename one of them.',
    );
  }
  for (const { name, catalog } of own) {
    const reserved = catalog.find((entry) => isOperational(entry.name));
    if (reserved === undefined) continue;
    throw new BellwireError(
      'config_invalid',
      `The catalog of the dialect "${name}" has the event type "${reserved.name}". Types that begin with "bellwire." are reserved for Bellwire's own events. Choose a name with another beginning.`,
    );
  }
  return new Map([...Object.values(builtIn), ...own].map((dialect) => [dialect.name, dialect]));
};
