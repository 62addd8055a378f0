/** A key that encrypts values at rest. */
export interface EncryptionKey {
  readonly id: string;
  /** Whether it is in the key ring of this process. */
  readonly is_in_ring: boolean;
  /** Whether new values are encrypted with it: it is the first one of the key ring. */
  readonly is_current: boolean;
  /** The stored values that need it. */
  readonly values: number;
  /** Whether it can be removed from the key ring: it is not the current one, and nothing needs it. */
  readonly is_removable: boolean;
}

export interface RekeyedSlice {
  /** The values that were encrypted again. */
  readonly rekeyed: number;
  /** Values that no key of the key ring decrypts, as `table.column id`. They are left as they are. */
  readonly unreadable: readonly string[];
  /** Where the next slice begins; null after the last one. */
  readonly next: string | null;
}

/** The keys of values at rest. */
export interface Encryption {
  /** The id of the key that encrypts new values. */
  readonly current: string;
  /** The keys of the key ring, and those that stored values need, the current one first. */
  readonly keys: () => Promise<readonly EncryptionKey[]>;
  /**
   * Encrypts up to `limit` values again that are not encrypted with the current key, in small transactions: a process that
   * is killed in between loses nothing. Values that change meanwhile are left to the next walk.
   */
  readonly rekey: (after: string | null, limit: number) => Promise<RekeyedSlice>;
}
