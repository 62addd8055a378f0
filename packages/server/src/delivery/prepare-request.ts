import type { GivenCertificate } from '../core/client-certificate.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Event } from '../core/event.ts';
import { type SendableHook, signingSecrets } from '../core/hook.ts';
import { isFormType } from '../core/media-type.ts';
import { isSuspect } from '../core/suspicion.ts';
import type { Dialect, Rendering } from '../dialects/dialect.ts';
import type { RecordedHeader, RecordedRequest } from '../ports/store.ts';
import type { OutboundRequest } from '../ports/transport.ts';

/** A request ready for the wire, and the record of it. */
export interface Prepared {
  readonly request: OutboundRequest;
  readonly recorded: RecordedRequest;
}

export interface PrepareOptions {
  readonly attempt_id: string;
  readonly sent_at: number;
  /** On the monotonic clock. */
  readonly checked_at: number;
  readonly user_agent: string;
  /** Overrides the dialect's timeout; the hook's own takes precedence. */
  readonly timeout_ms: number | null;
}

type Headers = Record<string, string>;

const encode = (json: string, content_type: string): string =>
  isFormType(content_type) ? new URLSearchParams({ payload: json }).toString() : json;

const put = (headers: Headers, name: string | undefined, value: string): void => {
  if (name !== undefined) headers[name] = value;
};

/** Headers whose values are not secret, including the signature. */
const openHeaders = (
  dialect: Dialect,
  rendering: Rendering,
  { body, secrets, user_agent }: { body: string; secrets: readonly string[]; user_agent: string },
): Headers => {
  const { header_names: names } = dialect;
  const { event, hook, sent_at } = rendering;
  const id = names.id === undefined ? '' : dialect.id(rendering);
  const timestamp = dialect.timestamp(sent_at);
  const headers: Headers = {
    'user-agent': dialect.user_agent ?? user_agent,
    'content-type': hook.content_type + dialect.content_type_suffix,
    'accept-encoding': 'identity',
    ...dialect.fixed_headers,
  };
  put(headers, names.id, id);
  put(headers, names.timestamp, timestamp);
  put(headers, names.event, dialect.event_name(event.type));
  put(headers, names.hook, String(hook.number));
  const [current, ...others] = secrets;
  // Never sign with an empty key: without a secret there is no signature header.
  if (names.signature !== undefined && current !== undefined) {
    headers[names.signature] = dialect.sign({ id, timestamp, body, secrets: [current, ...others] });
  }
  return headers;
};

/** Headers whose values are secret: the dialect's secret header and the hook's custom headers. */
const secretHeaders = (
  dialect: Dialect,
  hook: SendableHook,
  [current]: readonly string[],
): Readonly<Headers> => {
  const name = dialect.header_names.secret;
  return name === undefined || current === undefined ? hook.headers : { [name]: current, ...hook.headers };
};

const identityOf = ({ client_certificate }: SendableHook): GivenCertificate | null => {
  if (client_certificate === null) return null;
  const { certificate, key } = client_certificate;
  return { certificate, key };
};

/** The input of one attempt. */
export interface AttemptParts {
  readonly delivery: Delivery;
  readonly event: Event;
  readonly hook: SendableHook;
  readonly dialect: Dialect;
}

/** Renders and signs one attempt. The signed text is exactly the body sent. Null if the dialect cannot render the event. */
export const prepareRequest = (
  { delivery, event, hook, dialect }: AttemptParts,
  options: PrepareOptions,
): Prepared | null => {
  const rendering: Rendering = { event, hook, delivery_id: delivery.id, sent_at: options.sent_at };
  const envelope = dialect.envelope(rendering);
  if (envelope === null) return null;
  const body = encode(JSON.stringify(envelope), hook.content_type);
  const secrets = signingSecrets(hook, dialect.signs_with, options.sent_at);
  const open = openHeaders(dialect, rendering, { body, secrets, user_agent: options.user_agent });
  const secret = secretHeaders(dialect, hook, secrets);
  const headers: Record<string, RecordedHeader> = { ...open };
  for (const [name, value] of Object.entries(secret)) headers[name] = { secret_length: value.length };
  return {
    request: {
      id: options.attempt_id,
      url: hook.url,
      method: hook.method,
      headers: { ...open, ...secret },
      body,
      timeout_ms: hook.timeout_ms ?? options.timeout_ms ?? dialect.timeout_ms,
      insecure_ssl: hook.insecure_ssl,
      client_certificate: identityOf(hook),
      isolated: isSuspect(delivery),
      checked_at: options.checked_at,
    },
    recorded: { method: hook.method, url: hook.url, headers, body },
  };
};
