import { InvalidArgumentError } from 'commander';
import type { Flag } from '../frame/verb.ts';

/** The values of a repeated `key=value` flag. */
export type Pairs = readonly (readonly [string, string])[];

const readPair = (text: string): Pairs => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be a key and a value, like plan=team.');
  return [[text.slice(0, at), text.slice(at + 1)]];
};

export const metadataFlag: Flag = {
  flags: '--metadata <key=value>',
  many: true,
  read: readPair,
  about: 'your own data, like plan=team; may be repeated',
};

export const eventMetadataFlag: Flag = {
  ...metadataFlag,
  about: 'your own data to find the event by, like order_id=1042; may be repeated',
};

/** The field of the API; absent without the flag. */
export const toMetadata = (pairs: Pairs | undefined): { readonly metadata?: Record<string, string> } =>
  pairs === undefined ? {} : { metadata: Object.fromEntries(pairs) as Record<string, string> };
