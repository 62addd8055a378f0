import { liveSecrets, type SendableHook } from '../core/hook.ts';
import type { ContentType, Dialect, Rendering, Signing } from '../dialects/define-dialect.ts';
import type { LeasedDelivery, OutboundRequest, RecordedHeader, RecordedRequest } from './ports.ts';

/** A request ready for the wire, and what of it is kept. */
export interface Prepared {
  readonly request: OutboundRequest;
  readonly recorded: RecordedRequest;
}

export interface PrepareOptions {
  readonly attempt_id: string;
  readonly sent_at: number;
  readonly user_agent: string;
  /** Replaces the dialect's time-out; a hook's own wins. */
  readonly timeout_ms: number | null;
}

const encode = (json: string, content_type: ContentType): string =>
  content_type === 'application/json' ? json : new URLSearchParams({ payload: json }).toString();

/** Headers that come of the secrets: open signatures, and values that are secrets themselves. */
const secretsOnTheWire = (dialect: Dialect, hook: SendableHook, signing: Omit<Signing, 'secrets'>) => {
  const [current, ...previous] = liveSecrets(hook, signing.sent_at);
  // Without a secret there is no signature header: never a signature with an empty key.
  if (current === undefined) return { signature: {}, secret: hook.headers };
  return {
    signature: dialect.sign({ ...signing, secrets: [current, ...previous] }),
    secret:
      dialect.secret_header === null ? hook.headers : { [dialect.secret_header]: current, ...hook.headers },
  };
};

/**
 * Renders and signs one attempt. The body is rendered once, signed as text and sent as the same text. Null when the
 * dialect cannot render the event.
 */
export const prepare = (
  { delivery, event }: LeasedDelivery,
  { hook, dialect }: { readonly hook: SendableHook; readonly dialect: Dialect },
  options: PrepareOptions,
): Prepared | null => {
  const rendering: Rendering = { event, hook, delivery_id: delivery.id, sent_at: options.sent_at };
  const envelope = dialect.envelope(rendering);
  if (envelope === null) return null;
  const body = encode(JSON.stringify(envelope), hook.content_type as ContentType);
  const { signature, secret } = secretsOnTheWire(dialect, hook, {
    event_id: event.id,
    sent_at: options.sent_at,
    body,
  });
  const open: Record<string, string> = {
    'user-agent': options.user_agent,
    'content-type': hook.content_type,
    'accept-encoding': 'identity',
    ...dialect.headers(rendering),
    ...signature,
  };
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
    },
    recorded: { method: hook.method, url: hook.url, headers, body },
  };
};
