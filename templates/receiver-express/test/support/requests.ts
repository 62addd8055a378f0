import { createHmac } from 'node:crypto';
import type { DialectName, Place, ReceiverDialect, Scheme } from '../../src/verify.ts';
import { receiverDialects } from '../../src/verify.ts';

export const SECRET = 'a secret of the tests, long enough';

export interface Request {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Sent {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Signed = Readonly<Record<'id' | 'at' | 'body', string>>;

const signers: Readonly<Record<Scheme, (sent: Signed, secret: string) => string>> = {
  standard: ({ id, at, body }, secret) => `v1,${hmac(secret, `${id}.${at}.${body}`, 'base64')}`,
  stripe: ({ at, body }, secret) => `t=${at},v1=${hmac(secret, `${at}.${body}`, 'hex')}`,
  slack: ({ at, body }, secret) => `v0=${hmac(secret, `v0:${at}:${body}`, 'hex')}`,
  base64: ({ body }, secret) => hmac(secret, body, 'base64'),
  hex: ({ body }, secret) => hmac(secret, body, 'hex'),
  'sha256=hex': ({ body }, secret) => `sha256=${hmac(secret, body, 'hex')}`,
  plain: (_, secret) => secret,
};

const hmac = (secret: string, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', secret).update(text).digest(encoding);

const inHeader = (place: Place, value: string) => ('header' in place ? { [place.header]: value } : {});
const inField = (place: Place, value: string) => ('field' in place ? { [place.field]: value } : {});

type Content = Omit<Sent, 'data'> & { readonly body: string };

/** A genuine request with exactly this body. */
export const signed = (name: DialectName, { id, type, body }: Content, secret = SECRET): Request => {
  const dialect: ReceiverDialect = receiverDialects[name];
  const at = String(Math.floor(Date.now() / 1000));
  const headers = {
    'content-type': 'application/json',
    ...inHeader(dialect.id, id),
    ...inHeader(dialect.type, type),
    ...(dialect.timestamp === null ? {} : { [dialect.timestamp]: at }),
    [dialect.signature]: signers[dialect.scheme]({ id, at, body }, secret),
  };
  return { path: dialect.path, method: 'POST', headers, body };
};

/** An event as a sender of this dialect sends it. */
export const requestOf = (name: DialectName, { id, type, data }: Sent, secret = SECRET): Request => {
  const dialect: ReceiverDialect = receiverDialects[name];
  const [outer, ...inner] = dialect.data;
  const nested = inner.reduceRight<unknown>((value, key) => ({ [key]: value }), data);
  const body = {
    ...inField(dialect.id, id),
    ...inField(dialect.type, type),
    ...(dialect.previous_data ? { previous_data: { n: 0 } } : {}),
    ...Object.fromEntries(dialect.data_without.map((key) => [key, 9])),
    ...(outer === undefined ? data : { [outer]: nested }),
  };
  return signed(name, { id, type, body: JSON.stringify(body) }, secret);
};

export const send = async (port: number, { path, method, headers, body }: Request) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body });
  return { status: response.status, headers: response.headers, text: await response.text() };
};
