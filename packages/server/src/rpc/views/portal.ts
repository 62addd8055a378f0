import { z } from 'zod';
import type { OpenedPortal } from '../../admin/portals.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';
import { EXAMPLE } from '../examples.ts';

export const portalLinkView = z
  .object({
    url: described(
      z.string(),
      'The address to open in the browser of the customer. It works once.',
      'https://webhooks.example.com/portal#3q2-7wQkz0m4',
    ),
    expires_at: shownTime('Until when it can be opened.', EXAMPLE.later),
  })
  .meta({ id: 'PortalLink', description: 'A link to the portal of a tenant.' });

/** The answer to the exchange of a link: the token, and what the page shows. */
export const viewOpenedPortal = ({ token, portal, dialect, expires_at }: OpenedPortal) => ({
  token,
  tenant: portal.tenant,
  read_only: portal.settings.read_only,
  return_url: portal.settings.return_url,
  theme: { ...portal.settings.theme },
  dialect,
  expires_at: iso(expires_at),
});
