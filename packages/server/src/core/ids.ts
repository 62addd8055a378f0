/** Crockford's base 32 in lower case: sorts like the bytes and is easy to read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export type IdPrefix =
  | 'ws'
  | 'wh'
  | 'evt'
  | 'dlv'
  | 'att'
  | 'key'
  | 'sec'
  | 'aud'
  | 'rcv'
  | 'ers'
  | 'ses'
  | 'node';

/** Generates ids that sort by creation time, even within one millisecond and when the clock steps back. */
export type IdFactory = (prefix: IdPrefix) => string;

/** Writes a time as 48 bits of milliseconds to the first 6 of 16 bytes. */
const putTime = (bytes: Uint8Array, time: number): void => {
  const high = Math.floor(time / 0x1_0000);
  bytes[0] = high >>> 24;
  bytes[1] = high >>> 16;
  bytes[2] = high >>> 8;
  bytes[3] = high;
  bytes[4] = time >>> 8;
  bytes[5] = time;
};

/** Every pair of digits, by its 10 bits. */
const PAIRS: readonly string[] = Array.from(
  { length: 1024 },
  (_, bits) => `${ALPHABET[bits >> 5]}${ALPHABET[bits & 31]}`,
);

/** 128 bits are 13 pairs of digits, the first of which carries only 8 bits. */
const encode = (bytes: Uint8Array): string => {
  const byte = (at: number): number => bytes[at] ?? 0;
  let text = PAIRS[byte(0)] ?? '';
  // 40 bits are 4 pairs.
  for (let at = 1; at < 16; at += 5) {
    const high = (byte(at) << 12) | (byte(at + 1) << 4) | (byte(at + 2) >> 4);
    const low = ((byte(at + 2) & 15) << 16) | (byte(at + 3) << 8) | byte(at + 4);
    text += `${PAIRS[high >> 10]}${PAIRS[high & 1023]}${PAIRS[low >> 10]}${PAIRS[low & 1023]}`;
  }
  return text;
};

/**
 * Ids with the bits of UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, a 12 bit counter, 62 random bits.
 * Random primary keys would halve SQLite's batch insert rate; these are always appended.
 */
export const createIdFactory = (now: () => number, randomBytes: (size: number) => Uint8Array): IdFactory => {
  let last = 0;
  let counter = 0;
  return (prefix) => {
    const time = now();
    if (time > last) {
      last = time;
      counter = 0;
    } else {
      counter += 1;
      if (counter > 0xfff) {
        last += 1;
        counter = 0;
      }
    }
    const bytes = new Uint8Array(16);
    bytes.set(randomBytes(8), 8);
    putTime(bytes, last);
    bytes[6] = 0x70 | (counter >>> 8);
    bytes[7] = counter;
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    return `${prefix}_${encode(bytes)}`;
  };
};

/** Sorts before every id generated at `time` or later. */
export const firstIdAt = (prefix: IdPrefix, time: number): string => {
  const bytes = new Uint8Array(16);
  putTime(bytes, Math.max(time, 0));
  return `${prefix}_${encode(bytes)}`;
};

/** The milliseconds in an id: when it was generated. */
export const timeOfId = (id: string): number => {
  // 48 bits of time are the 3 bits of the first digit and the following 9 digits.
  let time = 0;
  const start = id.indexOf('_') + 1;
  for (const digit of id.slice(start, start + 10)) time = time * 32 + ALPHABET.indexOf(digit);
  return time;
};

/** The 128 bits of an id as a UUID in lower case. */
export const idAsUuid = (id: string): string => {
  let value = 0n;
  for (const digit of id.slice(id.indexOf('_') + 1)) value = (value << 5n) | BigInt(ALPHABET.indexOf(digit));
  const hex = value.toString(16).padStart(32, '0').slice(-32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
