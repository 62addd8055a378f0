import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { BellwireError } from '../core/errors.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const KID = /^[A-Za-z0-9_-]{1,32}$/;

/** The location of an encrypted value. It can be decrypted only there, so rows cannot swap their secrets. */
interface Location {
  readonly table: string;
  readonly column: string;
  readonly id: string;
}

/** Encrypts values at rest. */
export interface Cipher {
  /** The id of the key that encrypts. */
  readonly kid: string;
  /** The ids of all keys, the one that encrypts first. */
  readonly kids: readonly string[];
  /** `kid|nonce|ciphertext|tag`, the last three in base64. */
  readonly seal: (text: string, location: Location) => string;
  /** @throws BellwireError `wrong_encryption_key` if the key is missing or the value was moved or changed. */
  readonly open: (sealed: string, location: Location) => string;
}

/** Generates a key ring with one key, in the format of `BELLWIRE_ENCRYPTION_KEYS`. */
export const generateKeyRing = (): string => `k1:${randomBytes(KEY_BYTES).toString('base64')}`;

const parseKeyRing = (text: string): ReadonlyMap<string, Buffer> => {
  const keys = new Map<string, Buffer>();
  for (const entry of text.split(',')) {
    const [kid = '', encoded = '', ...rest] = entry.trim().split(':');
    const key = Buffer.from(encoded, 'base64');
    // Buffer.from skips invalid characters: a key with a typo would silently become another key.
    const is_valid = key.length === KEY_BYTES && key.toString('base64') === encoded && rest.length === 0;
    if (!KID.test(kid) || !is_valid) {
      throw new BellwireError(
        'config_invalid',
        `Invalid BELLWIRE_ENCRYPTION_KEYS (or key file): must be a list such as "k2:<base64>,k1:<base64>" with ${KEY_BYTES} bytes per key. Generate a key with: openssl rand -base64 ${KEY_BYTES}`,
      );
    }
    if (keys.has(kid)) {
      throw new BellwireError(
        'config_invalid',
        `Invalid BELLWIRE_ENCRYPTION_KEYS (or key file): it has two keys named "${kid}".`,
      );
    }
    keys.set(kid, key);
  }
  return keys;
};

const additionalData = ({ table, column, id }: Location): Buffer => Buffer.from(`${table}|${column}|${id}`);

/**
 * AES-256-GCM with a key ring `kid:base64,…`: the first key encrypts, all keys decrypt.
 * @throws BellwireError `config_invalid` if the key ring is malformed.
 */
export const createCipher = (keyRing: string): Cipher => {
  const keys = parseKeyRing(keyRing);
  const [[kid, key] = ['', Buffer.alloc(0)]] = keys;
  return {
    kid,
    kids: [...keys.keys()],
    seal: (text, location) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(additionalData(location));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return [kid, ...[nonce, sealed, cipher.getAuthTag()].map((part) => part.toString('base64'))].join('|');
    },
    open: (sealed, location) => {
      const [usedKid = '', ...parts] = sealed.split('|');
      const usedKey = keys.get(usedKid);
      if (usedKey === undefined) {
        throw new BellwireError(
          'wrong_encryption_key',
          `The database has values encrypted with the key "${usedKid}", which is not in BELLWIRE_ENCRYPTION_KEYS (or the key file). Add that key; nothing was written.`,
        );
      }
      const [nonce, text, tag] = parts.map((part) => Buffer.from(part, 'base64'));
      try {
        const decipher = createDecipheriv(ALGORITHM, usedKey, nonce ?? Buffer.alloc(0))
          .setAAD(additionalData(location))
          .setAuthTag(tag ?? Buffer.alloc(0));
        return Buffer.concat([decipher.update(text ?? Buffer.alloc(0)), decipher.final()]).toString('utf8');
      } catch (error) {
        throw new BellwireError(
          'wrong_encryption_key',
          `A value cannot be decrypted with the key "${usedKid}": the key has the right name but different bytes, or the row was changed manually. Nothing was written.`,
          { cause: error },
        );
      }
    },
  };
};
