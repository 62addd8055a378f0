import { createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** A request as its receiver has it: names in lower case, and the body byte for byte. */
export interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Check = (request: Request, secret: string) => boolean;

const equal = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const hmac = (secret: string, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', secret).update(text).digest(encoding);

const overBody =
  (header: string, encoding: 'hex' | 'base64', prefix = ''): Check =>
  ({ headers, body }, secret) =>
    equal(headers[header] ?? '', prefix + hmac(secret, body, encoding));

/** Standard Webhooks, by the package that its receivers use; the age of a message is not judged. */
const standard =
  (family: 'webhook' | 'svix'): Check =>
  ({ headers, body }, secret) => {
    const now = Date.now;
    try {
      // The virtual clock is far from the package's own.
      Date.now = () => Number(headers[`${family}-timestamp`]) * 1000;
      new Webhook(secret).verify(body, {
        'webhook-id': headers[`${family}-id`] ?? '',
        'webhook-timestamp': headers[`${family}-timestamp`] ?? '',
        'webhook-signature': headers[`${family}-signature`] ?? '',
      });
      return true;
    } catch {
      return false;
    } finally {
      Date.now = now;
    }
  };
