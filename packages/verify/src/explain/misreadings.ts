import { type Bytes, encode, fromBase64, fromHex } from './bytes.ts';
import type { Misreading } from './finding.ts';
import { type Format, keyOf } from './format.ts';

type Reading = readonly [Misreading, Bytes];

const reading = (how: Misreading, key: Bytes | null): readonly Reading[] =>
  key === null || key.length === 0 ? [] : [[how, key]];

const PREFIX = 'whsec_';

/** The keys that common mistakes read from a secret. */
export const misreadingsOf = ({ scheme }: Format, secret: string): readonly Reading[] => {
  const trimmed = secret.trim();
  const bare = trimmed.replaceAll(/^["']|["']$/g, '');
  const around = [
    ...(trimmed === secret ? [] : reading('space_around', keyOf(scheme, trimmed))),
    ...(bare === trimmed ? [] : reading('quotes_around', keyOf(scheme, bare))),
    ...reading('space_around', encode(`${secret}\n`)),
  ];
  if (scheme === 'standard' && secret.startsWith(PREFIX)) {
    const rest = secret.slice(PREFIX.length);
    return [...reading('prefix_kept', encode(secret)), ...reading('not_decoded', encode(rest)), ...around];
  }
  const rest = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : null;
  return [
    ...(scheme === 'standard' ? reading('prefix_lost', fromBase64(secret)) : []),
    ...(rest === null
      ? reading('prefix_lost', encode(PREFIX + secret))
      : [...reading('not_decoded', encode(rest)), ...reading('decoded', fromBase64(rest))]),
    ...reading('hex_decoded', fromHex(secret)),
    ...reading('decoded', fromBase64(secret)),
    ...around,
  ];
};
