import { createHmac, type Hmac } from 'node:crypto';
import type { DialectName } from '../../src/dialects.ts';

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

const hmac = (text: string, secret: string): Hmac => createHmac('sha256', secret).update(text);

const seconds = (): string => String(Math.floor(Date.now() / 1000));

type Rendered = Pick<Request, 'headers' | 'body'> & { readonly path?: string };

/** What each family of senders sends, written down once more so that the receiver is not judged by its own table. */
const senders: Readonly<Record<DialectName, (sent: Sent, secret: string, at: string) => Rendered>> = {
  standard: ({ id, type, data }, secret, at) => {
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
    const signature = `v1,${hmac(`${id}.${at}.${body}`, secret).digest('base64')}`;
    return { body, headers: { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } };
  },
  svix: ({ id, type, data }, secret, at) => {
    const body = JSON.stringify({ type, ...data });
    const signature = `v1,${hmac(`${id}.${at}.${body}`, secret).digest('base64')}`;
    return { body, headers: { 'svix-id': id, 'svix-timestamp': at, 'svix-signature': signature } };
  },
  q2: ({ id, type, data }, secret) => {
    const body = JSON.stringify({ hook_id: 9, hook: { id: 9 }, ...data });
    const signature = hmac(body, secret).digest('base64');
    return {
      path: '/',
      body,
      headers: { 'X-Q2-Delivery': id, 'X-Q2-Event': type, 'X-Q2-Signature-256': signature },
    };
  },
  'resource-api': ({ id, type, data }, secret) => {
    const body = JSON.stringify({
      id,
      type,
      created_at: '2021-02-25T15:02:10Z',
      data,
      previous_data: { a: 0 },
    });
    return { path: '/webhooks', body, headers: { 'X-Webhook-Signature': hmac(body, secret).digest('hex') } };
  },
  connect2print: ({ id, type, data }, secret) => {
    const body = JSON.stringify({ id, event: type, timestamp: '2021-02-25T15:02:10Z', data });
    return { path: '/webhooks', body, headers: { 'X-Webhook-Signature': hmac(body, secret).digest('hex') } };
  },
  activities: ({ id, type, data }, secret) => {
    const body = JSON.stringify({ id, event: type, data });
    return { path: '/', body, headers: { 'X-Signature': hmac(body, secret).digest('hex') } };
  },
  casesolved: ({ id, type, data }, secret) => ({
    body: JSON.stringify({ event: type, data }),
    headers: { 'webhook-id': id, 'X-Webhook-Secret': secret },
  }),
  github: ({ id, type, data }, secret) => {
    const body = JSON.stringify(data);
    const signature = `sha256=${hmac(body, secret).digest('hex')}`;
    return {
      body,
      headers: { 'X-GitHub-Delivery': id, 'X-GitHub-Event': type, 'X-Hub-Signature-256': signature },
    };
  },
  stripe: ({ id, type, data }, secret, at) => {
    const body = JSON.stringify({ id, object: 'event', type, data: { object: data } });
    const signature = hmac(`${at}.${body}`, secret).digest('hex');
    return { body, headers: { 'Stripe-Signature': `t=${at},v1=${signature}` } };
  },
  shopify: ({ id, type, data }, secret) => {
    const body = JSON.stringify(data);
    const signature = hmac(body, secret).digest('base64');
    return {
      body,
      headers: { 'X-Shopify-Webhook-Id': id, 'X-Shopify-Topic': type, 'X-Shopify-Hmac-Sha256': signature },
    };
  },
  slack: ({ id, type, data }, secret, at) => {
    const body = JSON.stringify({ type, ...data });
    const signature = `v0=${hmac(`v0:${at}:${body}`, secret).digest('hex')}`;
    return {
      body,
      headers: { 'webhook-id': id, 'X-Slack-Request-Timestamp': at, 'X-Slack-Signature': signature },
    };
  },
};

export const senderNames = Object.keys(senders) as readonly DialectName[];

/** A request as a sender of this dialect makes it. */
export const requestOf = (dialect: DialectName, sent: Sent, secret = SECRET): Request => {
  const { path = '/webhook', headers, body } = senders[dialect](sent, secret, seconds());
  return { path, method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
};

/** A genuine request of `standard` with exactly this body. */
export const signedBody = (id: string, body: string): Request => {
  const at = seconds();
  const signature = `v1,${hmac(`${id}.${at}.${body}`, SECRET).digest('base64')}`;
  const headers = { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature };
  return { path: '/webhook', method: 'POST', body, headers };
};

/** Sends it to this machine's port. */
export const send = async (port: number, { path, method, headers, body }: Request) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body });
  return { status: response.status, headers: response.headers, text: await response.text() };
};
