import { bodyCandidates, type BodyChange } from './body-changes.ts';
import { type Bytes, encode, isSame } from './bytes.ts';
import { finding, type Finding } from './finding.ts';
import { keyOf, signWith } from './format.ts';
import { misreadingsOf } from './misreadings.ts';
import { type Found, found, type Request, signingOf } from './request.ts';
import type { KnownSecret } from './types.ts';

const firstOf = async <T, R>(
  items: readonly T[],
  attempt: (item: T) => Promise<R | null>,
): Promise<R | null> => {
  for (const item of items) {
    const result = await attempt(item);
    if (result !== null) return result;
  }
  return null;
};

const isUntimely = ({ format, input, signing }: Request): boolean =>
  format.checks_time && Math.abs(input.now / 1000 - Number(signing.timestamp)) > input.tolerance_s;

/** A secret with which the request is signed as it arrived. */
export const matchSecret = async (request: Request): Promise<Finding | null> => {
  const { format, signing } = request;
  const matching = await signerOf(request, signing.body);
  if (matching === null) return null;
  const { role, hook_id } = matching;
  if (role === 'other') return finding('secret_of_other_hook', { is_proved: true, hook_id });
  if (role === 'expired') return finding('secret_expired', { is_proved: true });
  if (isUntimely(request)) {
    return finding('timestamp_outside_tolerance', {
      is_proved: true,
      header: format.timestamp ?? format.signature,
    });
  }
  return finding(role === 'previous' ? 'verified_previous_secret' : 'verified', { is_proved: true });
};

const isOneOf = (request: Request, signature: string): boolean =>
  request.format.layout === null
    ? request.value === signature
    : request.value.split(request.format.layout.separator ?? '\n').includes(signature);

/** The same request under another key or without the time. */
export const matchMessage = async (request: Request): Promise<Finding | null> => {
  const { format, signing, given, own } = request;
  const { layout, scheme } = format;
  const keys = given.flatMap(({ value }) => misreadingsOf(format, value));
  const misread = await firstOf(keys, async ([misreading, key]) => {
    if (layout === null) return null;
    return isOneOf(request, await signWith(layout, key, signing)) ? misreading : null;
  });
  if (misread !== null) return finding('secret_misread', { is_proved: true, misreading: misread });
  if (scheme === 'plain') {
    const quoted = own.some(({ value }) => value.trim().replaceAll(/^["']|["']$/g, '') === request.value);
    return quoted ? finding('secret_misread', { is_proved: true, misreading: 'space_around' }) : null;
  }
  if (layout === null || layout.before === '') return null;
  const prefixes = layout.before.includes('{id}') ? ['', '{timestamp}.', '{id}.'] : [''];
  const unsigned = await firstOf(own, ({ value }) =>
    firstOf(prefixes, async (before) => {
      const signature = await signWith({ ...layout, before }, keyOf(scheme, value), signing);
      return isOneOf(request, signature) ? before : null;
    }),
  );
  return unsigned === null ? null : finding('timestamp_not_signed', { is_proved: true });
};

/** The change that explains the difference of two bodies, if it is a usual one. */
const changeBetween = (arrived: Bytes, signed: Bytes): BodyChange => {
  const usual = bodyCandidates(arrived).find(({ body }) => isSame(body, signed));
  if (usual !== undefined) return usual.change;
  if (arrived.length < signed.length && isSame(arrived, signed.subarray(0, arrived.length)))
    return 'truncated';
  return arrived.length > signed.length && isSame(arrived.subarray(0, signed.length), signed)
    ? 'longer'
    : 'unknown';
};

/** The secret that signed a body, if it is known. */
const signerOf = (request: Request, body: Bytes): Promise<KnownSecret | null> => {
  const { format, input, signing, value } = request;
  return firstOf(input.secrets, async (known) =>
    format.isUsable(known.value) && (await format.isSigned(known.value, { ...signing, body }, value))
      ? known
      : null,
  );
};

/** The finding about a body that differs from the recorded one. */
const matchRecorded = async (request: Request, recorded: Bytes): Promise<Found> => {
  const signer = await signerOf(request, recorded);
  if (signer === null) return { ...found('secret_wrong'), signed: recorded };
  if (signer.role === 'other') {
    // Both the secret and the body differ: without the right secret, the body does not matter.
    const { hook_id } = signer;
    return { ...found('secret_of_other_hook', { is_proved: true, hook_id }), signed: recorded };
  }
  const body_change = changeBetween(request.signing.body, recorded);
  return { ...found('body_changed', { is_proved: true, body_change }), signed: recorded };
};

/** Compares with the recorded requests of the delivery. */
export const matchSent = async (request: Request): Promise<Found | null> => {
  const { format, input, value, signing } = request;
  const same = input.sent?.find(({ headers }) => headers[format.signature] === value);
  if (same === undefined || value === input.hidden_value) return null;
  const recorded = signingOf(format, same.headers, encode(same.body ?? ''));
  if (recorded.timestamp !== signing.timestamp || recorded.id !== signing.id) {
    return found('other_attempt', { attempt: same.attempt, is_proved: true });
  }
  if (same.body === null) return null;
  if (isSame(recorded.body, signing.body)) return found('secret_expired', { attempt: same.attempt });
  return matchRecorded(request, recorded.body);
};

/** A body that was changed in a way that can be reversed. */
export const matchBody = async ({ format, signing, value, own }: Request): Promise<Found | null> => {
  if (format.scheme === 'plain') return null;
  const candidates = bodyCandidates(signing.body);
  return firstOf(candidates, async ({ change, body }) => {
    const matches = await Promise.all(
      own.map((one) => format.isSigned(one.value, { ...signing, body }, value)),
    );
    if (!matches.includes(true)) return null;
    return { ...found('body_changed', { is_proved: true, body_change: change }), signed: body };
  });
};
