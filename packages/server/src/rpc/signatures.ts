import { z } from 'zod';
import { readHeaders } from '../dialects/explain.ts';
import { actorOf } from './actor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { deliveryId, described, hookId, secret, timeField, toTime } from './fields.ts';
import { procedure, READ_ERRORS, t } from './trpc.ts';
import { signatureView, viewSignature } from './views/signature.ts';

const MAX_TOLERANCE_S = 86_400;

const input = z.strictObject({
  headers: described(
    z.union([z.string().max(65_536), z.record(z.string().min(1).max(256), z.string().max(16_384))]),
    'The headers of the request: lines of `Name: value`, or an object. Default: those of the newest attempt of the delivery.',
    EXAMPLE.signed_headers,
  ).optional(),
  body: described(
    z.string(),
    'The exact body of the request. Default: that of the newest attempt of the delivery.',
    EXAMPLE.signed_body,
  ).optional(),
  secret: described(
    secret,
    'The secret with which the receiver verifies. Default: the secrets of the hook.',
    EXAMPLE.secret,
  ).optional(),
  hook_id: hookId.optional(),
  delivery_id: deliveryId.optional(),
  dialect: described(
    z.string().max(64),
    'The wire format. Default: that of the hook, or else the one that the headers show.',
    'standard',
  ).optional(),
  now: timeField(
    'When the request arrived. Default: the start of the attempt of the delivery, or else now.',
  ).optional(),
  tolerance_seconds: described(
    z.int().min(0).max(MAX_TOLERANCE_S),
    'The maximum distance between the time of signing and the arrival, in seconds. Default: 300.',
    300,
  ).optional(),
});

/** Explanations of signatures. */
export const createSignaturesRouter = ({ signatures }: RpcDeps) =>
  t.router({
    explain: procedure
      .meta({
        scope: 'workspace',
        portal: 'none',
        route: { method: 'POST', path: '/signatures/explain' },
        is_read: true,
        summary: 'Explain a signature',
        description:
          'Why a request verifies or does not, byte by byte: the likeliest reason in words, the bytes that are signed, the expected and the received signature. Sends nothing and changes nothing. Also tries the secrets of the 500 newest hooks of the workspace, and names the hook that matches, never a secret. Without `secret`, the secrets of the hook are used, which is audited as `secret.used`.',
        errors: READ_ERRORS,
        example: {
          headers: EXAMPLE.signed_headers,
          body: EXAMPLE.signed_body,
          secret: EXAMPLE.secret,
          now: EXAMPLE.time,
        },
      })
      .input(input)
      .output(signatureView)
      .mutation(async ({ ctx, input: { headers, now, tolerance_seconds, ...question } }) =>
        viewSignature(
          await signatures.explain(actorOf(ctx), {
            ...question,
            headers:
              headers === undefined
                ? undefined
                : readHeaders(typeof headers === 'string' ? headers : JSON.stringify(headers)),
            at: now === undefined ? undefined : toTime(now),
            tolerance_s: tolerance_seconds,
          }),
        ),
      ),
  });
