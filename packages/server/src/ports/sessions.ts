/** A browser that is signed in, or a one-time link that signs one in. Only the hash of its token is stored. */
export interface StoredSession {
  readonly token_hash: string;
  /** `link`: can be exchanged once for a `console` session. */
  readonly kind: 'link' | 'console';
  /** The hash of the API key that it acts for; null for the operator of a local server, who has no key. */
  readonly key_hash: string | null;
  readonly created_at: number;
  readonly expires_at: number;
}

/** Sessions of the console, by the hash of their token. */
export interface Sessions {
  /** Also deletes some that had expired when this one was created. */
  readonly add: (session: StoredSession) => Promise<void>;
  readonly find: (token_hash: string) => Promise<StoredSession | null>;
  /** Deletes and returns it. Of several concurrent calls, one gets it. */
  readonly take: (token_hash: string) => Promise<StoredSession | null>;
}
