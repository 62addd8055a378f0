import type { PortalSettings } from '../core/portal.ts';

/**
 * A browser that is signed in, or a one-time link that signs one in. Only the hash of its token is stored.
 * `link` can be exchanged once for a `console` session, `portal_link` for a `portal` session.
 */
export interface StoredSession {
  readonly token_hash: string;
  readonly kind: 'link' | 'console' | 'portal_link' | 'portal';
  /**
   * The API key that a console session acts for, or that created the link to a portal; its deletion ends the session. Null
   * without a key, as for the operator of a local server.
   */
  readonly key_id: string | null;
  /** The tenant and the settings of a portal; null for the console. */
  readonly portal: PortalSession | null;
  readonly created_at: number;
  readonly expires_at: number;
}

export interface PortalSession {
  readonly workspace_id: string;
  readonly tenant: string;
  /** The duration of the session, from the exchange of its link. */
  readonly lasts_ms: number;
  readonly settings: PortalSettings;
}

/** Sessions of the console and of portals, by the hash of their token. */
export interface Sessions {
  /** Also deletes some that had expired when this one was created. */
  readonly add: (session: StoredSession) => Promise<void>;
  readonly find: (token_hash: string) => Promise<StoredSession | null>;
  /** Deletes and returns it. Of several concurrent calls, one gets it. */
  readonly take: (token_hash: string) => Promise<StoredSession | null>;
  /**
   * Turns a valid link to a portal into a session with another token, in one step: of several concurrent calls, one gets
   * it, and a revocation ends either the link or the session. Null without such a link.
   */
  readonly openPortal: (
    link_hash: string,
    session: { readonly token_hash: string; readonly now: number },
  ) => Promise<StoredSession | null>;
  /** Deletes the links and sessions of a tenant. Returns their number. */
  readonly removePortals: (workspace_id: string, tenant: string) => Promise<number>;
}
