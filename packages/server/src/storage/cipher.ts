import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { BellwireError } from '../core/errors.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const KID = /^[A-Za-z0-9_-]{1,32}$/;

/** Where a sealed value stands. It opens nowhere else, so two rows cannot trade their secrets. */
interface Place {
  readonly table: string;
  readonly column: string;
  readonly id: string;
}

/** Encrypts what must never be at rest in clear. */
export interface Cipher {
  /** The id of the key that seals. */
  readonly kid: string;
  /** `kid|nonce|ciphertext|tag`, the last three in base64. */
  readonly seal: (text: string, place: Place) => string;
  /** @throws BellwireError `wrong_encryption_key` when the key is missing or the value was moved or changed. */
  readonly open: (sealed: string, place: Place) => string;
}

/** A fresh key ring with one key, in the form of `ENCRYPTION_KEYS`. */
export const makeKeyRing = (): string => `k1:${randomBytes(KEY_BYTES).toString('base64')}`;

const parseKeyRing = (text: string): ReadonlyMap<string, Buffer> => {
  const keys = new Map<string, Buffer>();
  for (const entry of text.split(',')) {
    const [kid = '', encoded = '', ...rest] = entry.trim().split(':');
    const key = Buffer.from(encoded, 'base64');
    // Buffer.from skips what is no base64: a key with a typing error would become another key.
    const is_whole = key.length === KEY_BYTES && key.toString('base64') === encoded && rest.length === 0;
    if (!KID.test(kid) || !is_whole) {
      throw new BellwireError(
        'config_invalid',
        `BELLWIRE_ENCRYPTION_KEYS (or the file with the keys) must be a list like "k2:<base64>,k1:<base64>" with ${KEY_BYTES} bytes in each key. Make one with: openssl rand -base64 ${KEY_BYTES}`,
      );
    }
    if (keys.has(kid)) {
      throw new BellwireError(
        'config_invalid',
        `BELLWIRE_ENCRYPTION_KEYS (or the file with the keys) names the key "${kid}" twice.`,
      );
    }
    keys.set(kid, key);
  }
  return keys;
};

const additionalData = (place: Place): Buffer => Buffer.from(`${place.table}|${place.column}|${place.id}`);

/**
 * AES-256-GCM under a key ring `kid:base64,…`: the first key seals, every key opens.
 * @throws BellwireError `config_invalid` when the ring cannot be read.
 */
export const createCipher = (keyRing: string): Cipher => {
  const keys = parseKeyRing(keyRing);
  const [[kid, key] = ['', Buffer.alloc(0)]] = keys;
  return {
    kid,
    seal: (text, place) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(additionalData(place));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return [kid, ...[nonce, sealed, cipher.getAuthTag()].map((part) => part.toString('base64'))].join('|');
    },
    open: (sealed, place) => {
      const [usedKid = '', ...parts] = sealed.split('|');
      const usedKey = keys.get(usedKid);
      if (usedKey === undefined) {
        throw new BellwireError(
          'wrong_encryption_key',
          `The database has values sealed with the encryption key "${usedKid}", which is not in BELLWIRE_ENCRYPTION_KEYS (or the file with the keys). Add that key to the list; nothing was written.`,
        );
      }
      const [nonce, text, tag] = parts.map((part) => Buffer.from(part, 'base64'));
      try {
        const decipher = createDecipheriv(ALGORITHM, usedKey, nonce ?? Buffer.alloc(0))
          .setAAD(additionalData(place))
          .setAuthTag(tag ?? Buffer.alloc(0));
        return Buffer.concat([decipher.update(text ?? Buffer.alloc(0)), decipher.final()]).toString('utf8');
      } catch (error) {
        throw new BellwireError(
          'wrong_encryption_key',
          `A value sealed with the encryption key "${usedKid}" does not open: the key has the right name but not the right bytes, or the row was changed by hand. Nothing was written.`,
          { cause: error },
        );
      }
    },
  };
};
