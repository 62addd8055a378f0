import type { Client } from '@bellwire/client';
import { InvalidArgumentError } from 'commander';
import { choices } from '../frame/choices.ts';
import type { Flag } from '../frame/verb.ts';
import { wrongUsage } from '../frame/command-error.ts';
import type { Shell } from '../frame/shell.ts';
import { readInput } from '../input/read-data.ts';
import { readCountOrDefault, readList } from '../input/read-text.ts';
import { metadataFlag, type Pairs, toMetadata } from './metadata-flag.ts';

const readHeader = (text: string): Pairs => {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("Must be a name and a value, like 'X-Tenant: acme'.");
  }
  return [[name, value]];
};

type Input = Parameters<Client['hooks']['create']>[0];
type Method = NonNullable<Input['method']>;
type RateLimit = NonNullable<Input['rate_limit']>;

const PERIODS = ['second', 'minute', 'hour', 'day'] as const satisfies readonly RateLimit['per'][];

const readRateLimit = (text: string): RateLimit | 'none' => {
  if (text === 'none') return text;
  const [, count, period] = /^(\d{1,9})\/([a-z]+)$/.exec(text) ?? [];
  const per = PERIODS.find((known) => known === period);
  if (count === undefined || per === undefined) {
    throw new InvalidArgumentError('Must be like 10/second, 100/minute, 1000/hour or 5000/day, or none.');
  }
  return { count: Number(count), per };
};

/** The flags of `hooks create` and `hooks update`. */
export interface HookFields {
  /** False gets every event of the subscribed types. */
  readonly filter?: string | false;
  readonly name?: string;
  readonly description?: string;
  readonly metadata?: Pairs;
  readonly method?: Method;
  readonly content_type?: string;
  readonly ordered?: boolean;
  /** False keeps one order for the whole hook. */
  readonly order_key?: string | false;
  readonly active?: boolean;
  readonly insecure_ssl?: boolean;
  readonly max_attempts?: number | 'default';
  readonly retry_schedule?: readonly string[] | 'default';
  readonly timeout_ms?: number | 'default';
  readonly rate_limit?: RateLimit | 'none';
  /** False drops every header. */
  readonly headers?: Pairs | false;
  readonly client_certificate_file?: string;
  readonly client_key_file?: string;
  /** `--no-client-certificate` */
  readonly client_certificate?: false;
}

export const eventsFlag: Flag = {
  flags: '--events <types>',
  many: true,
  read: readList,
  about: "comma-separated event types: order.created, 'order.*' for a prefix, '*' for all",
};

export const hookFlags: readonly Flag[] = [
  {
    flags: '--filter <filter>',
    about: "which of these events the hook gets, like 'order.total >= 100'; `hooks try-filter` tries one",
  },
  { flags: '--name <name>', about: 'a name for people (default: the host of the URL)' },
  { flags: '--description <text>', about: 'a description for people' },
  metadataFlag,
  {
    flags: '--method <method>',
    about: 'HTTP method of the requests (default: POST)',
    choices: choices<Method>({ POST: true, PUT: true, PATCH: true, DELETE: true }),
  },
  {
    flags: '--content-type <type>',
    about:
      'content type of the body: application/json (default), application/x-www-form-urlencoded, or another',
  },
  {
    flags: '--header <header>',
    field: 'headers',
    many: true,
    read: readHeader,
    about: "custom header of every request, like 'X-Tenant: acme'; repeatable",
  },
  {
    flags: '--max-attempts <n>',
    read: readCountOrDefault,
    about: 'maximum attempts per delivery, or `default` for the length of the schedule',
  },
  {
    flags: '--retry-schedule <delays>',
    read: (text) => (text === 'default' ? text : readList(text)),
    about: 'delay before each attempt, like 0s,1m,5m, or `default` for those of the server or the dialect',
  },
  {
    flags: '--timeout-ms <n>',
    read: readCountOrDefault,
    about: 'time limit of one attempt, or `default` for that of the server or the dialect',
  },
  {
    flags: '--rate-limit <limit>',
    read: readRateLimit,
    about: 'maximum rate of deliveries, like 10/second, 100/minute, 1000/hour or 5000/day, or `none`',
  },
  {
    flags: '--client-certificate-file <file>',
    about: 'client certificate in PEM for receivers that require one (mutual TLS), with --client-key-file',
  },
  { flags: '--client-key-file <file>', about: 'its private key in PEM, not encrypted' },
  { flags: '--ordered', about: 'send one delivery at a time, in the order of the events' },
  { flags: '--no-ordered', about: 'send deliveries independently of each other' },
  {
    flags: '--order-key <path>',
    about: 'with --ordered: keep the order only within the values of this path, like order.id',
  },
  { flags: '--active', about: 'send deliveries' },
  { flags: '--no-active', about: 'hold deliveries' },
  { flags: '--insecure-ssl', about: 'accept any TLS certificate; recorded in the audit log' },
  { flags: '--no-insecure-ssl', about: 'verify TLS certificates' },
];

const orNull = <T>(value: T | 'default'): T | null => (value === 'default' ? null : value);

/** The fields as in the API, where null is the default of the dialect. */
export const toHookInput = <F extends HookFields>({
  filter,
  headers,
  metadata,
  max_attempts,
  retry_schedule,
  timeout_ms,
  order_key,
  rate_limit,
  client_certificate_file: _certificate,
  client_key_file: _key,
  client_certificate: _none,
  ...fields
}: F) => ({
  ...fields,
  ...(filter === undefined ? {} : { filter: filter === false ? null : filter }),
  ...toMetadata(metadata),
  ...(max_attempts === undefined ? {} : { max_attempts: orNull(max_attempts) }),
  ...(retry_schedule === undefined
    ? {}
    : { retry_schedule: retry_schedule === 'default' ? null : [...retry_schedule] }),
  ...(timeout_ms === undefined ? {} : { timeout_ms: orNull(timeout_ms) }),
  ...(order_key === undefined ? {} : { order_key: order_key === false ? null : order_key }),
  ...(rate_limit === undefined ? {} : { rate_limit: rate_limit === 'none' ? null : rate_limit }),
  ...(headers === undefined
    ? {}
    : { headers: Object.fromEntries(headers === false ? [] : headers) as Record<string, string> }),
});

/**
 * The client certificate of the flags, as in the API.
 * @throws CommandError if only one of the two files is given, or one cannot be read.
 */
export const readClientCertificate = async (
  { client_certificate_file, client_key_file, client_certificate }: HookFields,
  shell: Shell,
): Promise<Pick<Input, 'client_certificate'>> => {
  if (client_certificate_file === undefined && client_key_file === undefined) {
    return client_certificate === false ? { client_certificate: null } : {};
  }
  if (client_certificate_file === undefined || client_key_file === undefined) {
    throw wrongUsage('Specify --client-certificate-file and --client-key-file together.');
  }
  const certificate = await readInput(client_certificate_file, '--client-certificate-file', shell);
  const key = await readInput(client_key_file, '--client-key-file', shell);
  return { client_certificate: { certificate, key } };
};
