import { createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** A received request: header names in lower case, the body byte for byte. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whether a receiver with one secret accepts a request. The age of the request is not checked. */
export type SignatureCheck = (request: SignedRequest, secret: string) => boolean;

const equal = (a: string | undefined, b: string): boolean =>
  a !== undefined && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const hmac = (secret: string, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', secret).update(text).digest(encoding);

const overBody =
  (header: string, encoding: 'hex' | 'base64', prefix = ''): SignatureCheck =>
  ({ headers, body }, secret) =>
    equal(headers[header], prefix + hmac(secret, body, encoding));

const standard =
  (family: 'webhook' | 'svix'): SignatureCheck =>
  ({ headers, body }, secret) => {
    const [id = '', seconds = ''] = [headers[`${family}-id`], headers[`${family}-timestamp`]];
    const expected = new Webhook(secret).sign(id, new Date(Number(seconds) * 1000), body);
    return (headers[`${family}-signature`] ?? '').split(' ').some((one) => equal(one, expected));
  };

const stripe: SignatureCheck = ({ headers, body }, secret) => {
  const [t = '', ...signatures] = (headers['stripe-signature'] ?? '').split(',');
  const expected = `v1=${hmac(secret, `${t.replace('t=', '')}.${body}`, 'hex')}`;
  return signatures.some((one) => equal(one, expected));
};

const slack: SignatureCheck = ({ headers, body }, secret) =>
  equal(
    headers['x-slack-signature'],
    `v0=${hmac(secret, `v0:${headers['x-slack-request-timestamp']}:${body}`, 'hex')}`,
  );

/** The checks of the receivers of each dialect, written from their documents and independent of our code. */
export const signatureChecks: Readonly<Record<string, SignatureCheck>> = {
  standard: standard('webhook'),
  svix: standard('svix'),
  stripe,
  slack,
  q2: overBody('x-q2-signature-256', 'base64'),
  'resource-api': overBody('x-webhook-signature', 'hex'),
  connect2print: overBody('x-webhook-signature', 'hex'),
  activities: overBody('x-signature', 'hex'),
  github: overBody('x-hub-signature-256', 'hex', 'sha256='),
  shopify: overBody('x-shopify-hmac-sha256', 'base64'),
  casesolved: ({ headers }, secret) => equal(headers['x-webhook-secret'], secret),
};
