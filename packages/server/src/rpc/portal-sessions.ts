import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import { isReturnUrl } from '../core/portal.ts';
import { actorOf } from './actor.ts';
import type { RpcDeps } from './deps.ts';
import { described, label, tenantId } from './fields.ts';
import { procedure } from './trpc.ts';
import { portalLinkView } from './views/portal.ts';
import { iso } from './views/shown.ts';

const scope = 'workspace';
const DEFAULT_S = 3_600;
const MIN_S = 60;
const MAX_S = 86_400;
const LOGO_MAX = 65_536;

const color = (description: string, example: string) =>
  described(z.string().regex(/^#[\da-f]{6}$/i, 'must be a color like #2f55c4'), description, example);

const theme = z.strictObject({
  accent: color(
    'The color of links and buttons in the light scheme, `#rrggbb`. Its contrast with the background must be at least 4.5:1.',
    '#0b5d4e',
  ).optional(),
  accent_dark: color('The same for the dark scheme.', '#5fd0b5').optional(),
  logo_url: described(
    z.string().max(LOGO_MAX),
    'A PNG as `data:image/png;base64,…`, 65,536 characters at most: the page loads nothing from other servers.',
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  ).optional(),
  name: described(label, 'The name that the page shows.', 'Acme').optional(),
});

const link = z.strictObject({
  tenant: tenantId,
  expires_in: described(
    z.int().min(MIN_S).max(MAX_S),
    'How long the session lasts once the link was opened, in seconds. Default: one hour; maximum: one day.',
    DEFAULT_S,
  ).optional(),
  read_only: described(z.boolean(), 'If true, the session cannot change anything.', false).optional(),
  return_url: described(
    z
      .string()
      .max(2048)
      .refine(isReturnUrl, 'must be an https URL, or an http URL of this machine, without a user name'),
    'Where the page links back to: https, or http on a loopback address.',
    'https://app.example.com/settings',
  ).optional(),
  theme: theme.optional().meta({ description: 'The look of the page.', examples: [{ accent: '#0b5d4e' }] }),
});

/** Links with which a customer opens the portal. */
export const createPortalSessions = ({ portals }: RpcDeps) => ({
  createPortalSession: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'POST', path: '/tenants/{tenant}/portal-sessions', status: 201 },
      summary: 'Create a link to the portal',
      description:
        'Creates a link with which one customer sees and manages their own hooks and the deliveries to them. It works once, within 10 minutes; open it in the browser of the customer, and create a new one for each visit. The session that it opens ends with the API key of this call. Creates the tenant if it does not exist. Audited.',
      example: { expires_in: DEFAULT_S, return_url: 'https://app.example.com/settings' },
    })
    .input(link)
    .output(portalLinkView)
    .mutation(async ({ ctx, input }) => {
      const origin = ctx.originOf();
      if (origin === null) {
        throw new BellwireError(
          'invalid_input',
          'The address of this server in browsers is not known. Set BELLWIRE_PUBLIC_URL.',
        );
      }
      const { token, expires_at } = await portals.createLink(actorOf(ctx), {
        tenant: input.tenant,
        lasts_ms: (input.expires_in ?? DEFAULT_S) * 1000,
        read_only: input.read_only ?? false,
        return_url: input.return_url ?? null,
        theme: input.theme ?? {},
      });
      return { url: `${origin}/portal#${token}`, expires_at: iso(expires_at) };
    }),
  revokePortalSessions: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'DELETE', path: '/tenants/{tenant}/portal-sessions' },
      summary: 'Revoke the links and sessions of the portal',
      description:
        'Ends every link to the portal of a tenant and every session of it at once; open streams end within a second. Audited.',
    })
    .input(z.strictObject({ tenant: tenantId }))
    .output(z.void())
    .mutation(({ ctx, input }) => portals.revoke(actorOf(ctx), input.tenant)),
});
