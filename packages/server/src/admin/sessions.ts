import { BellwireError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { Random } from '../ports/random.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { StoredSession } from '../ports/sessions.ts';
import type { KeyCaller, Keys } from './keys.ts';

const TOKEN_BYTES = 32;
const SESSION_MS = 7 * 86_400_000;
const LINK_MS = 86_400_000;

/** The operator of a local server, who signs in by a link of its terminal. The audit log shows this id. */
const LOCAL: KeyCaller = { key_id: 'local', scope: 'admin', workspace_id: null, events_per_second: null };

export interface SessionsOptions {
  readonly repositories: Repositories['sessions'];
  readonly keys: Keys;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
}

/** A session with its token, which only the browser keeps. */
export interface SignedIn {
  readonly token: string;
  readonly caller: KeyCaller;
  readonly max_age_ms: number;
}

/** Sessions of people in the console. Each acts for an API key, and ends with it. */
export class Sessions {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Starts a session for an API key. @throws BellwireError `unauthenticated`, `forbidden` for a key that only sends or reads */
  async signIn(api_key: string): Promise<SignedIn> {
    const { keys } = this.#options;
    const caller = await keys.callerWith(api_key);
    if (caller.scope === 'send' || caller.scope === 'read') {
      const reason = caller.scope === 'send' ? 'can only send events' : 'can only read';
      throw new BellwireError(
        'forbidden',
        `This API key ${reason}. Sign in with a key that has the scope "workspace" or "admin".`,
      );
    }
    return { ...(await this.#start('console', caller.key_id, SESSION_MS)), caller };
  }

  /** Creates the token of a link that signs one browser in as the local operator. */
  async createLink(): Promise<string> {
    return (await this.#start('link', null, LINK_MS)).token;
  }

  /** Exchanges the token of a link for a session. @throws BellwireError `unauthenticated` */
  async useLink(token: string): Promise<SignedIn> {
    const { repositories, hash } = this.#options;
    // Deleted before anything is checked: a link works once, also when two browsers open it together.
    const link = await repositories.take(hash(token));
    if (link === null || link.kind !== 'link' || this.#isExpired(link)) {
      throw new BellwireError('unauthenticated', 'This link was used already, or has expired.');
    }
    return { ...(await this.#start('console', link.key_id, SESSION_MS)), caller: LOCAL };
  }

  /** The caller that a session acts for; null if it has ended or its key was deleted. */
  async callerOf(token: string): Promise<KeyCaller | null> {
    const { repositories, keys, hash } = this.#options;
    const session = await repositories.find(hash(token));
    if (session === null || session.kind !== 'console' || this.#isExpired(session)) return null;
    return session.key_id === null ? LOCAL : keys.callerOf(session.key_id);
  }

  /** Ends a session. */
  async end(token: string): Promise<void> {
    const { repositories, hash } = this.#options;
    await repositories.take(hash(token));
  }

  #isExpired({ expires_at }: StoredSession): boolean {
    return expires_at <= this.#options.clock.now();
  }

  async #start(
    kind: 'link' | 'console',
    key_id: string | null,
    max_age_ms: number,
  ): Promise<{ readonly token: string; readonly max_age_ms: number }> {
    const { repositories, clock, random, hash } = this.#options;
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
    const now = clock.now();
    await repositories.add({
      token_hash: hash(token),
      kind,
      key_id,
      portal: null,
      created_at: now,
      expires_at: now + max_age_ms,
    });
    return { token, max_age_ms };
  }
}
