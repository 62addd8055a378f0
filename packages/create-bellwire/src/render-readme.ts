import { type ReceiverDialect, receiverDialects } from '@bellwire/verify';
import type { Dialect } from './choices.ts';
import { describeAnswer, describeFormat, describeLimits, isTypeInData } from './describe-format.ts';
import type { PackageManager } from './package-manager.ts';
import { quoteForShell } from './quote.ts';
import { senders } from './senders.ts';

/** The choices that change the documentation of a receiver. */
export interface ReadmeChoices {
  readonly dialect: Dialect;
  readonly manager: PackageManager;
  /** A type of the catalog with which the receiver was created; null for the type of the template. */
  readonly event_type: string | null;
}

const API = 'http://127.0.0.1:4400/v1';
const AUTHORIZATION = `-H "Authorization: Bearer $KEY"`;
const JSON_BODY = `-H 'Content-Type: application/json'`;
const PROXY = 'https://localhost:3443';
const SCHEDULES = { five: 'two and a half hours', ten: 'three days' } as const;

/** JSON on one line, with spaces as in handwritten JSON. */
const printJson = (fields: Readonly<Record<string, unknown>>): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(', ')}}`;

const post = (path: string, body?: string): string =>
  body === undefined
    ? `curl -s -X POST "${API}/webhooks/$HOOK/${path}" ${AUTHORIZATION}`
    : `curl -s -X POST "${API}/${path}" ${AUTHORIZATION} ${JSON_BODY} \\\n  -d ${body}`;

/** The URL at which a receiver with default settings gets requests of Bellwire on the same machine. */
export const localUrl = (dialect: Dialect): string =>
  (senders[dialect].needs_https ? PROXY : 'http://127.0.0.1:3000') + receiverDialects[dialect].path;

const hookCommand = (dialect: Dialect): string => {
  const { generates_secret, needs_https } = senders[dialect];
  const hook = printJson({
    url: localUrl(dialect),
    events: ['*'],
    dialect,
    ...(generates_secret ? {} : { secret: '…' }),
    ...(needs_https ? { insecure_ssl: true } : {}),
  });
  return `KEY=bw_…\ncurl -s ${API}/webhooks ${AUTHORIZATION} ${JSON_BODY} \\\n  -d ${quoteForShell(hook)}`;
};

const tryCommands = ({ dialect, event_type }: ReadmeChoices): string => {
  const format: ReceiverDialect = receiverDialects[dialect];
  const hasType = isTypeInData(format);
  const data = `{${hasType ? '"type": "order.created", ' : ''}"order": {"id": 123, "total": 499}}`;
  const event = `'{"type": "order.created", "data": ${data}}'`;
  const handshake = senders[dialect].is_validated ? [post('validate'), post('activate')] : [post('ping')];
  return [
    'KEY=bw_…',
    'HOOK=wh_…',
    ...(hasType ? [] : handshake),
    event_type === null
      ? post('events', event)
      : post('webhooks/$HOOK/test', quoteForShell(printJson({ event_type }))),
  ].join('\n');
};

const HTTPS_NOTE = `Hooks of this dialect accept only https URLs. Put a proxy with TLS in front of the receiver, for example
\`caddy reverse-proxy --from ${PROXY} --to 127.0.0.1:3000 --internal-certs\`, and replace
\`${PROXY}\` with its address. \`insecure_ssl\` accepts a self-signed certificate; omit it when the certificate is valid.`;

const PING_NOTE = `Bellwire sends a ping as soon as the hook exists. It fails, because the receiver does not run yet, and has no other
effect.`;

/** The value of each placeholder in the README of a template. */
const valuesFor = (choices: ReadmeChoices): Readonly<Record<string, string>> => {
  const { dialect, manager, event_type } = choices;
  const format: ReceiverDialect = receiverDialects[dialect];
  const { timeout_s, attempts, generates_secret, is_validated, needs_https } = senders[dialect];
  const pings = is_validated ? 'The validation' : isTypeInData(format) ? '' : 'The ping';
  return {
    dialect,
    manager,
    path: format.path,
    url: localUrl(dialect),
    create_hook: hookCommand(dialect),
    api_key: `Replace \`bw_…\` with your API key, which Bellwire prints at its first start${generates_secret ? '' : ', and the `…` of `secret` with a secret of at least 16 ASCII characters'}:`,
    after_creation: needs_https ? HTTPS_NOTE : dialect === 'q2' ? PING_NOTE : '',
    secret: generates_secret
      ? '`secret` in the response, which is shown only once'
      : 'the secret that you chose',
    try: tryCommands(choices),
    tried: `${pings === '' ? '' : `${pings} is logged as \`pinged\` and not handled. `}The event is logged as \`stored\`, then as \`${event_type === null ? 'order_created' : 'handled'}\` by the handler.`,
    refused: describeAnswer(format.refused),
    format: describeFormat(dialect),
    pings: isTypeInData(format)
      ? 'The format does not mark pings, so they are handled like events.'
      : `Pings (the type ${format.pings.map((name) => `\`${name}\``).join(' or ')}) are answered and logged, never handled.`,
    timeout: String(timeout_s),
    attempts: `${attempts} times over ${SCHEDULES[attempts]}`,
    disabling: dialect === 'resource-api' ? 'Five failed attempts of one delivery disable the hook.' : '',
    public_key: format.scheme === 'standard' ? ', or an ed25519 public key, `whpk_…`' : '',
    no_public_key:
      format.scheme === 'standard'
        ? '- ed25519 keys (`whpk_…`) are not supported: Python’s standard library cannot verify their signatures.'
        : '',
    limits: describeLimits(dialect),
  };
};

/**
 * Fills in the README of a template for the choices of the user.
 * @throws Error for an unknown placeholder
 */
export const renderReadme = (text: string, choices: ReadmeChoices): string => {
  const values = valuesFor(choices);
  const valueOf = (name: string): string => {
    const value = values[name];
    if (value === undefined) throw new Error(`README.md has an unknown placeholder: {{${name}}}`);
    return value;
  };
  return (
    text
      // A line that holds only an empty value disappears, with one of the empty lines around it.
      .replaceAll(/^\{\{(\w+)\}\}\n\n?/gm, (line, name: string) => (valueOf(name) === '' ? '' : line))
      .replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => valueOf(name))
  );
};
