import { z } from 'zod';
import { described } from '../fields.ts';

const keyView = z
  .object({
    id: described(z.string(), 'The id of the key; `?` for values with a malformed or unknown one.', 'k1'),
    is_in_ring: described(z.boolean(), 'Whether this server has the key.', true),
    is_current: described(z.boolean(), 'Whether new values are encrypted with it: the first one.', false),
    values: described(z.int(), 'How many stored values need it.', 0),
    is_removable: described(
      z.boolean(),
      'Whether it can be removed: it is not the current one, and no stored value needs it. Backups may.',
      true,
    ),
  })
  .meta({ description: 'A key that encrypts values at rest.' });

export const encryptionKeysView = z
  .object({
    keys: described(z.array(keyView), 'The keys, the current one first.', []).meta({ examples: undefined }),
  })
  .meta({ id: 'EncryptionKeys', description: 'The keys that encrypt values at rest.' });

export const rekeyedView = z
  .object({
    rekeyed: described(z.int(), 'How many values this call has encrypted again.', 500),
    unreadable: described(
      z.array(z.string()),
      'Values that no key decrypts, as `table.column id`. They are left as they are.',
      [],
    ),
    next: described(z.string().nullable(), 'Pass it as `after`; null at the end.', null),
  })
  .meta({ id: 'RekeyedValues', description: 'One slice of a rotation of encryption keys.' });
