import type { BodyChange } from './body-changes.ts';
import type { Explanation } from './types.ts';
import type { Finding, FindingCode, Misreading } from './finding.ts';

/** A finding in words: what happened, why, and what to do next. */
export interface Words {
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

type Write = (explanation: Explanation, finding: Finding) => Words;

const words = (what: string, why: string, next: string): Words => ({ what, why, next });

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const duration = (seconds: number): string => {
  if (seconds < 120) return plural(seconds, 'second');
  if (seconds < 7200) return plural(Math.round(seconds / 60), 'minute');
  if (seconds < 172_800) return plural(Math.round(seconds / 3600), 'hour');
  return plural(Math.round(seconds / 86_400), 'day');
};

const RAW = 'Verify the raw bytes before a parser or a middleware reads them.';
const REWRITTEN = 'Find the middleware, proxy or gateway that rewrites bodies, and exclude this route.';

const changes: Readonly<Record<BodyChange, readonly [what: string, next: string]>> = {
  newline_added: ['A line break was added at the end of the body', RAW],
  newline_removed: ['The line break at the end of the body was removed', RAW],
  line_endings: ['The line endings of the body were converted', REWRITTEN],
  bom_added: ['A byte order mark was added in front of the body', REWRITTEN],
  bom_removed: [
    'The byte order mark in front of the body was removed',
    'Read the body as bytes, not as text.',
  ],
  space_around: ['White space was added around the body', RAW],
  quoted: ['The body was encoded as a JSON string, or decoded from one', RAW],
  mojibake: [
    'The body was decoded with another character set than UTF-8',
    'Read the body as bytes or as UTF-8.',
  ],
  spacing: ['The JSON has other white space than the signed one: it was parsed and written again', RAW],
  unicode_escapes: [
    'Characters outside ASCII are escaped differently: the JSON was parsed and written again',
    RAW,
  ],
  slash_escapes: ['Slashes are escaped differently: the JSON was parsed and written again', RAW],
  html_escapes: [
    'The characters <, > and & are escaped differently: the JSON was parsed and written again',
    RAW,
  ],
  reserialized: ['The JSON was parsed and written again', RAW],
  key_order: ['The keys of the JSON are in another order: it was parsed and written again', RAW],
  form_decoded: ['The signature covers the encoded form, not the JSON inside its field payload', RAW],
  truncated: [
    'The end of the body is missing',
    'Read the body to its end, and raise the limits of proxies and parsers.',
  ],
  longer: ['The body is longer than the signed one', REWRITTEN],
  unknown: ['The body differs from the one that was sent', REWRITTEN],
};

const readings: Readonly<Record<Misreading, string>> = {
  prefix_kept:
    'The signature was computed with the whole text of the secret as the key, including whsec_. The key is the decoded base64 after it.',
  prefix_lost: 'The secret lost its prefix whsec_.',
  not_decoded: 'The signature was computed with the text after whsec_ as the key.',
  decoded:
    'The signature was computed with the base64-decoded secret as the key. In this dialect, the text itself is the key.',
  hex_decoded:
    'The signature was computed with the hex-decoded secret as the key. In this dialect, the text itself is the key.',
  space_around: 'The secret has a space or a line break too many or too few at one end.',
  quotes_around: 'The quotes around the secret belong to the file that it was copied from.',
};

const similar = ({ similar_headers }: Finding): string =>
  similar_headers.length === 0 ? '' : ` These headers look similar: ${similar_headers.join(', ')}.`;

const headerOf = ({ header }: Finding): string => header ?? '';

const byCode: Readonly<Record<FindingCode, Write>> = {
  verified: () =>
    words(
      'The signature is valid.',
      'The secret signed these bytes.',
      'If your receiver refuses them, compare its input with the facts below.',
    ),
  verified_previous_secret: () =>
    words(
      'The signature is valid, with a previous secret.',
      'The secret was rotated, and its grace period has not ended.',
      'Let the receiver accept the previous and the current secret until then.',
    ),
  dialect_unknown: (_, found) =>
    words(
      'No known signature header is there.',
      `The request is not signed, a proxy removed the header, or the dialect is your own.${similar(found)}`,
      'Choose the dialect, or paste all headers of the request.',
    ),
  header_missing: (_, found) =>
    words(
      `The header ${headerOf(found)} is missing.`,
      `The hook has another dialect, or a proxy renamed or removed the header.${similar(found)}`,
      'Compare the headers of the receiver with those in the recorded request.',
    ),
  header_hidden: (_, found) =>
    words(
      `The record does not show the value of ${headerOf(found)}.`,
      'In this dialect the header carries the secret itself.',
      'Paste the headers that the receiver logged.',
    ),
  signature_malformed: (_, found) =>
    words(
      `The value of ${headerOf(found)} is malformed.`,
      'It contains no complete signature in the form of this dialect: it was cut, changed, or is another header’s.',
      'Compare it with the recorded request, and pass the header on unchanged.',
    ),
  signature_prefix_wrong: (_, found) =>
    words(
      `The signature in ${headerOf(found)} has the wrong prefix.`,
      'The digest is there, but the label in front of it is missing or is one of another dialect.',
      'Compare the whole value of the header, and check the dialect of the receiver.',
    ),
  signature_encoding_wrong: (_, found) =>
    words(
      `The signature in ${headerOf(found)} has the wrong encoding.`,
      'It is hex instead of base64 or the reverse, in upper case, or without its padding.',
      'Encode the digest as the dialect does, and compare the text exactly.',
    ),
  signature_kind_wrong: () =>
    words(
      'The signature and the secret are of different kinds.',
      'Signatures v1a come from an ed25519 key pair and need its public key whpk_; signatures v1 need the secret whsec_.',
      'Use the key of the same kind.',
    ),
  timestamp_malformed: (_, found) =>
    words(
      `The time of signing in ${headerOf(found)} is malformed.`,
      'It must be a number of whole seconds since 1970; milliseconds and dates are refused.',
      'Pass the header on unchanged.',
    ),
  timestamp_outside_tolerance: ({ age_seconds }) =>
    words(
      `The signature is right, but it was computed ${duration(Math.abs(age_seconds ?? 0))} ${(age_seconds ?? 0) > 0 ? 'before' : 'after'} the request arrived.`,
      (age_seconds ?? 0) > 0
        ? 'The request was replayed or queued, or the clock of the receiver is ahead.'
        : 'The clock of the sender is ahead of the receiver’s.',
      'Synchronize the clocks. For a request from the past, set the time at which it arrived.',
    ),
  timestamp_not_signed: () =>
    words(
      'The signature covers less than this dialect signs.',
      'It was computed over the body without the time, or without the id, in front of it.',
      'Sign exactly the bytes below.',
    ),
  secret_missing: () =>
    words(
      'There is no secret to check with.',
      'None was given, or the hook has none: its requests are not signed.',
      'Give the secret, or choose the webhook.',
    ),
  secret_unusable: () =>
    words(
      'The secret cannot be used in this dialect.',
      'It is empty, or what follows whsec_ or whpk_ is not complete base64.',
      'Copy the whole secret again.',
    ),
  secret_misread: (_, { misreading }) =>
    words(
      'The secret is right, but it was read differently.',
      misreading === null ? '' : readings[misreading],
      'Store the secret exactly as it was returned, and derive the key as the dialect does.',
    ),
  secret_expired: () =>
    words(
      'The signature belongs to a secret that is no longer valid.',
      'The request is the one that was sent, but the secret was rotated or replaced since.',
      'Send the delivery again: it is then signed with the current secret.',
    ),
  secret_of_other_hook: (_, { hook_id }) =>
    words(
      `The signature was computed with another secret${hook_id === null ? '' : `, that of the hook ${hook_id}`}.`,
      'Two hooks send to one receiver, or the secrets of two environments were exchanged.',
      'Use the secret of the hook that sent the request.',
    ),
  secret_wrong: () =>
    words(
      'No secret matches the signature of these bytes.',
      'Most likely the secret is wrong: of another hook, another environment, or rotated. Otherwise the body was changed in a way that cannot be reversed.',
      'Compare the secret of the receiver with that of the hook, then the body with the recorded one.',
    ),
  other_attempt: (_, { attempt }) =>
    words(
      `The signature belongs to attempt ${attempt ?? ''} of this delivery.`,
      'The id or the time is that of another request: headers of two requests were mixed.',
      'Take all headers and the body from one request.',
    ),
  body_changed: ({ difference }, { body_change, is_proved }) => {
    const [what, next] = changes[body_change ?? 'unknown'];
    const at = difference === null ? '' : ` The first difference is at byte ${difference.at_byte}.`;
    const why = is_proved
      ? `The signature matches the body without this change.${at}`
      : 'The length differs from the announced one, or the JSON ends too early.';
    return words(`${what}.`, why, next);
  },
};

/** The finding in words, free of secrets and signatures. */
export const inWords = (explanation: Explanation): Words =>
  byCode[explanation.finding.code](explanation, explanation.finding);
