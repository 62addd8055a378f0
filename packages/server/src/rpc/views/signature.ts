import { z } from 'zod';
import { bodyChanges, type Explained, findingCodes, misreadings } from '../../dialects/explain.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';

const text = (description: string, example: string | null) =>
  described(z.string().nullable(), description, example);

const segments = z.array(
  z.object({
    text: text('Printable text; null for other bytes.', EXAMPLE.signed_body),
    hex: text('Bytes that are not printable, in hex; null for text.', null),
  }),
);

const finding = z
  .object({
    code: described(z.enum(findingCodes), 'The reason.', 'verified'),
    is_proved: described(
      z.boolean(),
      'Whether it was proved: with this corrected, the signature matches. Otherwise it is the likeliest reason.',
      true,
    ),
    header: text('The header that is missing or malformed.', null),
    similar_headers: described(z.array(z.string()), 'Received headers that look like the missing one.', []),
    body_change: described(
      z.enum(bodyChanges).nullable(),
      'What happened to the body, for `body_changed`.',
      null,
    ),
    misreading: described(
      z.enum(misreadings).nullable(),
      'How the secret was read, for `secret_misread`.',
      null,
    ),
    hook_id: text('The hook whose secret matches, for `secret_of_other_hook`.', null),
    attempt: described(
      z.int().nullable(),
      'The number of the attempt that has this signature, if it is known.',
      null,
    ),
  })
  .meta({ description: 'The likeliest reason. Fields that do not apply are null.' });

export const signatureView = z
  .object({
    verified: described(z.boolean(), 'Whether a receiver with this secret accepts the request.', true),
    finding,
    what: described(z.string(), 'What was found.', 'The signature is valid.'),
    why: described(z.string(), 'Why.', 'The secret signed these bytes.'),
    next: described(z.string(), 'What to do next.', 'Compare the input of your receiver.'),
    dialect: text('The dialect; null if it is not known.', 'standard'),
    scheme: text(
      'How the dialect signs, in words.',
      'HMAC-SHA256 over {id}.{timestamp}.{body}, in base64 after "v1,", in the header webhook-signature.',
    ),
    headers: z
      .array(
        z.object({
          name: described(z.string(), 'The name, in lower case.', 'webhook-id'),
          role: described(z.enum(['signature', 'timestamp', 'id']), 'What the dialect reads from it.', 'id'),
          value: text('The value; null if it is missing.', EXAMPLE.event_id),
        }),
      )
      .meta({ description: 'The headers that the dialect reads.' }),
    signed: z
      .object({
        bytes: described(z.int(), 'The number of bytes.', 149),
        prefix: described(
          z.string(),
          'The text in front of the body; empty if there is none.',
          `${EXAMPLE.event_id}.1795257000.`,
        ),
        body: segments,
      })
      .nullable()
      .meta({
        description:
          'The bytes that the receiver must sign: `prefix`, then `body`. Null where it signs nothing.',
      }),
    received: text(
      'The value of the signature header; null if it is missing or is the secret itself.',
      EXAMPLE.signature,
    ),
    expected: text(
      'The signature of the bytes that arrived; null if no secret can sign them.',
      EXAMPLE.signature,
    ),
    age_seconds: described(
      z.int().nullable(),
      'Seconds from signing to arrival, negative if the clock of the sender is ahead; null without a time.',
      0,
    ),
    difference: z
      .object({
        at_byte: described(z.int(), 'The first byte that differs, counted from 0.', 8),
        before: described(z.string(), 'What precedes the difference.', '{"type":'),
        arrived: described(z.string(), 'What arrived.', ' '),
        signed: described(z.string(), 'What was signed.', ''),
        after: described(z.string(), 'What follows in the body that arrived.', '"order.created"'),
      })
      .nullable()
      .meta({
        description:
          'How the body that was signed differs, if that body is known. Characters that are not printable are escaped, such as `\\r`.',
      }),
  })
  .meta({ id: 'SignatureExplanation', description: 'Why a request verifies or does not.' });

export const viewSignature = ({
  finding: { similar_headers, ...found },
  headers,
  signed,
  ...explained
}: Explained): z.infer<typeof signatureView> => ({
  ...explained,
  finding: { ...found, similar_headers: [...similar_headers] },
  headers: [...headers],
  signed: signed === null ? null : { ...signed, body: [...signed.body] },
});
