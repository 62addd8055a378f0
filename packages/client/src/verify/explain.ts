import { type Bytes, utf8 } from './bytes.ts';
import type { Key } from './keys.ts';
import { plural } from './plural.ts';
import type { ReadRequest } from './read-received.ts';
import { type Refused, refused } from './refusal.ts';

/** The body as the sender wrote it, if all that happened to it is that somebody parsed and printed it. */
const compact = (body: Bytes): Bytes | null => {
  try {
    return utf8(JSON.stringify(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))));
  } catch {
    return null;
  }
};

/** Why no signature fits, as far as the request tells. */
export const explain = async (
  { header, body }: ReadRequest,
  keys: readonly Key[],
  wasSigned: (body: Bytes) => Promise<boolean>,
): Promise<Refused> => {
  const announced = header('content-length');
  const arrived = plural(body.length, 'byte');
  if (/^\d+$/.test(announced) && Number(announced) !== body.length) {
    return refused(
      'body_changed',
      `The sender wrote ${plural(Number(announced), 'byte')} and ${arrived} are here: something in between rewrote the body. Take the raw body, before any middleware parses it.`,
    );
  }
  const original = compact(body);
  if (original !== null && original.length !== body.length && (await wasSigned(original))) {
    return refused(
      'body_changed',
      `The signature belongs to the same JSON in ${plural(original.length, 'byte')} and ${arrived} are here: it was parsed and written anew. Take the raw body.`,
    );
  }
  return refused(
    'signature_mismatch',
    `No signature in the request is that of ${keys.length === 1 ? 'the secret' : `one of the ${keys.length} secrets`} over these ${arrived}. It is the secret of another hook or an old one, or the body was changed on its way.`,
  );
};
