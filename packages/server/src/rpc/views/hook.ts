import { z } from 'zod';
import { HIDDEN_VALUE } from '../../core/custom-headers.ts';
import { hookStatuses } from '../../core/hook.ts';
import type { ListedHook } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';

export const hookView = z
  .object({
    id: described(z.string(), 'Its id.', EXAMPLE.hook_id),
    number: described(z.int(), 'An integer beside the id, for the receivers that want one.', 7),
    name: described(z.string(), 'For people; the host of the URL unless another was given.', 'Shop'),
    url: described(z.string(), 'Where the events go.', EXAMPLE.url),
    events: described(
      z.array(z.string()),
      'Names of event types, `order.*` for everything below `order.`, `*` for all.',
      ['order.*'],
    ),
    method: described(z.string(), 'The HTTP method of the requests.', 'POST'),
    content_type: described(z.string(), 'How the body is encoded.', 'application/json'),
    dialect: described(z.string(), 'How events look on the wire.', 'standard'),
    status: described(
      z.enum(hookStatuses),
      'All but `active` hold what is meant for the hook. `paused` by you, `disabled` by us, `unvalidated` until the receiver has answered.',
      'active',
    ),
    active: described(z.boolean(), 'Whether the status is `active`.', true),
    insecure_ssl: described(z.boolean(), 'Whether any certificate is accepted.', false),
    max_attempts: described(
      z.int().nullable(),
      'How often a delivery is tried; null is what the dialect has.',
      null,
    ),
    timeout_ms: described(
      z.int().nullable(),
      'How long one attempt may take, in milliseconds; null is what the dialect has.',
      null,
    ),
    headers: described(
      z.record(z.string(), z.string()),
      `The names of the custom headers, with \`${HIDDEN_VALUE}\` in the place of their values.`,
      { 'X-Tenant': HIDDEN_VALUE },
    ),
    validated_at: shownTimeOrNull('When the receiver last answered a validation.', null),
    disabled_reason: described(
      z.enum(['attempts_exhausted', 'gone_410', 'failing']).nullable(),
      'Why we disabled it.',
      null,
    ),
    consecutive_failures: described(z.int(), 'Failures since the last success.', 0),
    created_at: shownTime('When it was made.'),
    updated_at: shownTime('When it was last changed.'),
  })
  .meta({
    id: 'Hook',
    description: 'A registration: where events go, which ones, and how they look there.',
  });

export const viewHook = (hook: ListedHook): z.infer<typeof hookView> => ({
  id: hook.id,
  number: hook.number,
  name: hook.name,
  url: hook.url,
  events: [...hook.events],
  method: hook.method,
  content_type: hook.content_type,
  dialect: hook.dialect,
  status: hook.status,
  active: hook.status === 'active',
  insecure_ssl: hook.insecure_ssl,
  max_attempts: hook.max_attempts,
  timeout_ms: hook.timeout_ms,
  headers: Object.fromEntries(hook.header_names.map((name) => [name, HIDDEN_VALUE])),
  validated_at: isoOrNull(hook.validated_at),
  disabled_reason: hook.disabled_reason,
  consecutive_failures: hook.consecutive_failures,
  created_at: iso(hook.created_at),
  updated_at: iso(hook.updated_at),
});

const warnings = described(z.array(z.string()), 'What is wise to know of the secret; most often empty.', []);

export const createdHookView = hookView
  .extend({
    secret: described(
      z.string().nullable(),
      'The signing secret. Shown now and on rotation; later only by `hooks.revealSecret`, which is audited. Null for a hook that does not sign.',
      EXAMPLE.secret,
    ),
    warnings,
  })
  .meta({ id: 'CreatedHook', description: 'A new hook with its secret.' });

export const rotatedHookView = hookView
  .extend({ secret: described(z.string(), 'The new secret.', EXAMPLE.secret), warnings })
  .meta({ id: 'RotatedHook', description: 'A hook with its new secret.' });

export const secretsView = z
  .object({
    secret: described(z.string(), 'The current secret.', EXAMPLE.secret),
    previous: z
      .array(
        z.object({
          secret: described(
            z.string(),
            'An old secret that is still good.',
            'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
          ),
          expires_at: shownTimeOrNull('When it ceases to be.', '2026-11-22T10:30:00.000Z'),
        }),
      )
      .meta({ description: 'The secrets before it whose grace has not ended, the newest first.' }),
  })
  .meta({ id: 'HookSecrets', description: 'The secrets of a hook that sign or verify now.' });
