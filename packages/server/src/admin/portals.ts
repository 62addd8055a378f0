import { composeKey } from '../core/api-key.ts';
import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import { type PortalSettings, themeIssues } from '../core/portal.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { Random } from '../ports/random.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { PortalSession } from '../ports/sessions.ts';
import type { Actor, Audit } from './audit.ts';
import type { PortalCaller } from './keys.ts';

const TOKEN_BYTES = 32;
const LINK_MS = 600_000;

/** The audit log shows it for what a customer does in a portal. */
const PORTAL_ACTOR = 'portal';

/** A link that has been requested for a tenant. */
export interface NewPortal extends PortalSettings {
  readonly tenant: string;
  /** The duration of the session, from the exchange of the link. */
  readonly lasts_ms: number;
}

/** A session with its token, which is not stored. */
export interface OpenedPortal {
  readonly token: string;
  readonly portal: PortalSession;
  /** The wire format of new hooks. */
  readonly dialect: string;
  readonly expires_at: number;
}

/** Links to the portal of a tenant, and the sessions that they open. */
export interface Portals {
  /**
   * Creates the token of a link. It can be exchanged once, within 10 minutes.
   * @throws BellwireError `invalid_input` for a theme that cannot be read, `not_found` without the workspace
   */
  readonly createLink: (
    actor: Actor,
    wanted: NewPortal,
  ) => Promise<{ readonly token: string; readonly expires_at: number }>;
  /** Exchanges the token of a link. @throws BellwireError `unauthenticated` */
  readonly open: (link_token: string) => Promise<OpenedPortal>;
  /** The caller with this token. @throws BellwireError `unauthenticated` */
  readonly callerOf: (token: string) => Promise<PortalCaller>;
  /** Ends all links and sessions of a tenant. */
  readonly revoke: (actor: Actor, tenant: string) => Promise<void>;
}

export interface PortalsOptions {
  readonly repositories: Pick<Repositories, 'sessions' | 'workspaces'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdFactory;
  readonly hash: Hash;
}

/** The callers that are not API keys, and so cannot be deleted: see `Caller`. */
const keyOf = (by: string): string | null => (by.startsWith('key_') ? by : null);

const assertTheme = ({ theme }: PortalSettings): void => {
  const issues = themeIssues(theme);
  if (issues.length === 0) return;
  const words = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new BellwireError('invalid_input', `${words}.`, { issues });
};

const expired = (): BellwireError =>
  new BellwireError(
    'unauthenticated',
    'This session has expired or was revoked. Open the page again from the place that linked to it.',
  );

const usedLink = (): BellwireError =>
  new BellwireError(
    'unauthenticated',
    'This link was used already, has expired or was revoked. Open the page again from the place that linked to it.',
  );

const createLink = async (
  { audit, clock, hash }: PortalsOptions,
  actor: Actor,
  { token, wanted }: { readonly token: string; readonly wanted: NewPortal },
): Promise<{ readonly token: string; readonly expires_at: number }> => {
  assertTheme(wanted);
  const { tenant, lasts_ms, ...settings } = wanted;
  const { workspace_id } = actor;
  const key_id = keyOf(actor.by);
  const now = clock.now();
  const expires_at = now + LINK_MS;
  const portal = { workspace_id, tenant, lasts_ms, settings };
  await audit.change(actor, async ({ api_keys, sessions, tenants, workspaces }, record) => {
    // In the transaction that stores the link: a key or a workspace deleted meanwhile leaves no link behind.
    if (key_id !== null && !(await api_keys.exists(key_id))) {
      throw new BellwireError('unauthenticated', 'The API key of this call was deleted. Use another key.');
    }
    if ((await workspaces.get(workspace_id)) === null) {
      throw new BellwireError('not_found', `There is no workspace ${workspace_id}.`);
    }
    // Only a tenant that exists can be erased, and its links with it.
    await tenants.update(workspace_id, tenant, { now });
    const times = { created_at: now, expires_at };
    await sessions.add({ token_hash: hash(token), kind: 'portal_link', key_id, portal, ...times });
    const after = { read_only: settings.read_only, lasts_ms };
    await record({ action: 'portal.linked', subject: tenant, tenant, after });
  });
  return { token, expires_at };
};

export const createPortals = (options: PortalsOptions): Portals => {
  const { repositories, audit, clock, random, ids, hash } = options;
  const { sessions, workspaces } = repositories;
  const newToken = (): string => Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
  return {
    createLink: (actor, wanted) => createLink(options, actor, { token: newToken(), wanted }),
    open: async (link_token) => {
      const token = composeKey('portal', ids('ses'), random.bytes);
      const session = await sessions.openPortal(hash(link_token), {
        token_hash: hash(token),
        now: clock.now(),
      });
      const portal = session?.portal ?? null;
      const workspace = portal === null ? null : await workspaces.get(portal.workspace_id);
      if (session === null || portal === null || workspace === null) throw usedLink();
      return { token, portal, dialect: workspace.dialect, expires_at: session.expires_at };
    },
    callerOf: async (token) => {
      const session = await sessions.find(hash(token));
      if (session?.kind !== 'portal' || session.portal === null || session.expires_at <= clock.now()) {
        throw expired();
      }
      const { workspace_id, tenant, settings } = session.portal;
      return {
        key_id: PORTAL_ACTOR,
        scope: 'portal',
        workspace_id,
        tenant,
        read_only: settings.read_only,
      };
    },
    revoke: (actor, tenant) =>
      audit.change(actor, async (bound, record) => {
        const ended = await bound.sessions.removePortals(actor.workspace_id, tenant);
        if (ended > 0) await record({ action: 'portal.revoked', subject: tenant, tenant });
      }),
  };
};
