import type { Client } from '@bellwire/client';
import { InvalidArgumentError } from 'commander';
import { choices } from '../frame/choices.ts';
import type { Flag } from '../frame/verb.ts';
import { readCountOrDefault, readList } from '../input/read-text.ts';

const readHeader = (text: string): readonly (readonly [string, string])[] => {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It must be a name and a value, like 'X-Tenant: acme'.");
  }
  return [[name, value]];
};

type Input = Parameters<Client['hooks']['create']>[0];
type Method = NonNullable<Input['method']>;
type ContentType = NonNullable<Input['content_type']>;

/** What the flags of `hooks create` and `hooks update` give. */
export interface HookFields {
  readonly name?: string;
  readonly method?: Method;
  readonly content_type?: ContentType;
  readonly active?: boolean;
  readonly insecure_ssl?: boolean;
  readonly max_attempts?: number | 'default';
  readonly timeout_ms?: number | 'default';
  readonly headers?: readonly (readonly [string, string])[];
}

export const eventsFlag: Flag = {
  flags: '--events <types>',
  many: true,
  read: readList,
  about: "event types with commas between: order.created, 'order.*' for a prefix, '*' for all",
};

export const hookFlags: readonly Flag[] = [
  { flags: '--name <name>', about: 'for people; the host of the URL when absent' },
  {
    flags: '--method <method>',
    about: 'HTTP method of the requests (POST)',
    choices: choices<Method>({ POST: true, PUT: true, PATCH: true, DELETE: true }),
  },
  {
    flags: '--content-type <type>',
    about: 'how the body is encoded (application/json)',
    choices: choices<ContentType>({ 'application/json': true, 'application/x-www-form-urlencoded': true }),
  },
  {
    flags: '--header <header>',
    field: 'headers',
    many: true,
    read: readHeader,
    about: "one more header for every request, like 'X-Tenant: acme'; may be repeated",
  },
  {
    flags: '--max-attempts <n>',
    read: readCountOrDefault,
    about: 'how often a delivery is tried, or `default` for what the dialect has',
  },
  {
    flags: '--timeout-ms <n>',
    read: readCountOrDefault,
    about: 'how long one attempt may take, or `default`',
  },
  { flags: '--active', about: 'send what is meant for it' },
  { flags: '--no-active', about: 'hold what is meant for it' },
  { flags: '--insecure-ssl', about: 'accept any certificate; written to the audit log' },
  { flags: '--no-insecure-ssl', about: 'check certificates' },
];

const orNull = (count: number | 'default'): number | null => (count === 'default' ? null : count);

/** The fields as the API takes them: null is what the dialect has. */
export const toHookInput = <F extends HookFields>({ headers, max_attempts, timeout_ms, ...fields }: F) => ({
  ...fields,
  ...(max_attempts === undefined ? {} : { max_attempts: orNull(max_attempts) }),
  ...(timeout_ms === undefined ? {} : { timeout_ms: orNull(timeout_ms) }),
  ...(headers === undefined ? {} : { headers: Object.fromEntries(headers) as Record<string, string> }),
});
