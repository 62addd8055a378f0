import { isCutShort } from './body-changes.ts';
import { encode, isSame } from './bytes.ts';
import { finding, type Finding } from './finding.ts';
import { type Format, prefixOf, schemeInWords } from './format.ts';
import { type Headers, similarHeaders } from './headers.ts';
import { matchBody, matchMessage, matchSecret, matchSent } from './matches.ts';
import { type Found, found, type Request, signingOf } from './request.ts';
import { digestIn, shapeFinding } from './shape.ts';
import { differenceOf, segmentsOf } from './show.ts';
import type { ExplainInput, Explanation, KnownSecret, ReadHeader } from './types.ts';

const headersOf = (format: Format, headers: Headers): readonly ReadHeader[] =>
  (['id', 'timestamp', 'signature'] as const).flatMap((role) => {
    const name = format[role];
    return name === null ? [] : [{ name, role, value: headers[name] ?? null }];
  });

const missingHeader = (format: Format, headers: Headers): Finding | null => {
  const missing = headersOf(format, headers).find(({ value }) => value === null || value === '');
  if (missing === undefined) return null;
  const { name, role } = missing;
  return finding('header_missing', { header: name, similar_headers: similarHeaders(headers, name, role) });
};

/** The finding about the form of the request, which needs no secret. */
const readForm = ({ format, input, signing, value }: Request): Finding | null => {
  const missing = missingHeader(format, input.headers);
  if (missing !== null) return missing;
  if (input.hidden_value !== undefined && value === input.hidden_value) {
    return finding('header_hidden', { header: format.signature });
  }
  const misshapen = shapeFinding(format, value);
  if (misshapen !== null) return misshapen;
  const { checks_time, timestamp, signature } = format;
  return checks_time && !/^[0-9]{1,12}$/.test(signing.timestamp)
    ? finding('timestamp_malformed', { header: timestamp ?? signature })
    : null;
};

/** Proves a wrong label or encoding: the digest itself is the expected one. */
const proveForm = async ({ format, signing, value, own }: Request, form: Finding): Promise<Finding> => {
  const { layout } = format;
  const digests = [value, ...value.split(/[\s,](?=v\d)/)].map(digestIn).filter((one) => one !== null);
  const expected = await Promise.all(own.map(({ value: secret }) => format.sign(secret, signing)));
  const wanted = expected
    .flatMap((one) => (one === null ? [] : [digestIn(one)]))
    .filter((one) => one !== null);
  const is_proved = layout !== null && digests.some((one) => wanted.some((other) => isSame(one, other)));
  return { ...form, is_proved };
};

const ageOf = ({ format, input, signing }: Request): number | null =>
  format.checks_time && /^[0-9]{1,12}$/.test(signing.timestamp)
    ? Math.floor(input.now / 1000) - Number(signing.timestamp)
    : null;

const isPublic = ({ value }: KnownSecret): boolean => value.startsWith('whpk_');

const kindOf = ({ format, value, own }: Request): Finding | null => {
  if (format.scheme !== 'standard') return null;
  const wanted = own.every(isPublic) ? 'v1a,' : own.some(isPublic) ? '' : 'v1,';
  const is_there = value.split(' ').some((part) => part.startsWith(wanted));
  return is_there ? null : finding('signature_kind_wrong', { header: format.signature });
};

/** What remains when nothing matches. */
const guess = (request: Request): Finding => {
  const { input, signing, format } = request;
  const length = input.headers['content-length'];
  const announced = length !== undefined && /^\d+$/.test(length) ? Number(length) : null;
  const size = signing.body.length;
  if (format.scheme !== 'plain') {
    if (announced === null ? isCutShort(signing.body) : announced > size) {
      return finding('body_changed', { body_change: 'truncated' });
    }
    if (announced !== null && announced < size) return finding('body_changed', { body_change: 'longer' });
  }
  return finding('secret_wrong');
};

const findReason = async (request: Request): Promise<Found> => {
  const { own } = request;
  const form = readForm(request);
  if (form !== null)
    return { finding: form.code.startsWith('signature_') ? await proveForm(request, form) : form };
  const matched = await matchSecret(request);
  if (matched !== null) return { finding: matched };
  if (request.given.length === 0) return found('secret_missing');
  const misused = (own.length === 0 ? null : kindOf(request)) ?? (await matchMessage(request));
  if (misused !== null) return { finding: misused };
  if (own.length === 0) return found('secret_unusable');
  return (await matchSent(request)) ?? (await matchBody(request)) ?? { finding: guess(request) };
};

/** The signature that matches if one does, else that of the first secret. */
const expectedSignature = async ({ format, signing, value, own }: Request): Promise<string | null> => {
  if (format.scheme === 'plain') return null;
  const signatures = await Promise.all(own.map((one) => format.sign(one.value, signing)));
  const known = signatures.filter((one) => one !== null);
  return known.find((one) => value.includes(one)) ?? known[0] ?? null;
};

/** Why a request does not verify, with the bytes that count. Changes nothing, and throws for nothing that a sender sent. */
export const explain = async (input: ExplainInput): Promise<Explanation> => {
  const { format, headers, body } = input;
  if (format === null) {
    const similar_headers = similarHeaders(headers, '', 'signature');
    const nothing = {
      headers: [],
      signed: null,
      received: null,
      expected: null,
      age_seconds: null,
      difference: null,
    };
    const reason = finding('dialect_unknown', { similar_headers });
    return { dialect: null, scheme: null, verified: false, finding: reason, ...nothing };
  }
  const signing = signingOf(format, headers, body);
  const given = input.secrets.filter(({ role }) => role !== 'other');
  const own = given.filter(({ value }) => format.isUsable(value));
  const value = headers[format.signature] ?? '';
  const request = { format, input, signing, value, given, own };
  const { finding: reason, signed } = await findReason(request);
  const is_plain = format.scheme === 'plain';
  const { layout } = format;
  return {
    dialect: format.dialect,
    scheme: schemeInWords(format),
    verified: reason.code === 'verified' || reason.code === 'verified_previous_secret',
    finding: reason,
    headers: headersOf(format, headers).map((one) =>
      is_plain && one.role === 'signature' && one.value !== null ? { ...one, value: '[the secret]' } : one,
    ),
    signed:
      layout === null
        ? null
        : {
            bytes: encode(prefixOf(layout, signing)).length + body.length,
            prefix: prefixOf(layout, signing),
            body: segmentsOf(body),
          },
    received: is_plain || value === '' ? null : value,
    expected: await expectedSignature(request),
    age_seconds: ageOf(request),
    difference: signed === undefined ? null : differenceOf(body, signed),
  };
};
