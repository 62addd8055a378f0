import {
  detectDialect,
  explain,
  type Explanation,
  type Format,
  formatOf,
  type Headers,
  inWords,
  type KnownSecret,
  type SentRequest,
  type Words,
} from '@bellwire/verify/explain';
import { HIDDEN_VALUE } from '../core/custom-headers.ts';
import type { Dialect } from './dialect.ts';
import { asText, holdsSignature, isBuiltIn, receiversSecret } from './is-signed.ts';
import { wholeSeconds } from './times.ts';

export { bodyChanges, findingCodes, type Headers, misreadings, readHeaders } from '@bellwire/verify/explain';
export type { KnownSecret, SentRequest } from '@bellwire/verify/explain';

export interface Explaining {
  /** Null to detect a built-in dialect from the headers. */
  readonly dialect: Dialect | null;
  readonly headers: Headers;
  readonly body: string;
  readonly secrets: readonly KnownSecret[];
  /** The time of arrival, in milliseconds. */
  readonly now: number;
  readonly tolerance_s: number;
  readonly sent: readonly SentRequest[];
}

export type Explained = Explanation & Words;

/** Whether the signature of a dialect without a timestamp header contains the time, as `t=`. */
const hasTimeInside = (dialect: Dialect): boolean => {
  if (dialect.header_names.timestamp !== undefined) return false;
  try {
    const secret = dialect.secret.make((size) => new Uint8Array(size));
    return /(?:^|,)t=1(?:,|$)/.test(dialect.sign({ id: '', timestamp: '1', body: '', secrets: [secret] }));
  } catch {
    // A function that refuses this input cannot be asked.
    return false;
  }
};

/** The format of a dialect from the configuration: only its own function can sign. Null if it does not sign. */
const ownFormat = (dialect: Dialect): Format | null => {
  const { id, timestamp, signature, secret } = dialect.header_names;
  const header = signature ?? secret;
  if (header === undefined) return null;
  const is_plain = signature === undefined;
  const isUsable = (one: string): boolean => one !== '' && dialect.secret.refuse(one) === null;
  const is_time_inside = !is_plain && hasTimeInside(dialect);
  return {
    dialect: dialect.name,
    scheme: is_plain ? 'plain' : 'own',
    signature: header.toLowerCase(),
    timestamp: timestamp?.toLowerCase() ?? null,
    id: id?.toLowerCase() ?? null,
    is_time_inside,
    checks_time: dialect.timestamp === wholeSeconds && (timestamp !== undefined || is_time_inside),
    layout: null,
    isUsable,
    sign: async (one, signing) =>
      is_plain || !isUsable(one)
        ? null
        : dialect.sign({ ...signing, body: asText(signing.body), secrets: [one] }),
    isSigned: async (one, signing, value) => {
      if (!isUsable(one)) return false;
      if (is_plain) return one === value;
      return holdsSignature(dialect, value, { ...signing, body: asText(signing.body), secrets: [one] });
    },
  };
};

/** Explains why a request verifies or does not, in the dialect, with facts and in words. Contains no secret. */
export const explainRequest = async ({ dialect, body, ...input }: Explaining): Promise<Explained> => {
  const found = dialect === null ? detectDialect(input.headers, body) : null;
  const is_built_in = dialect !== null && isBuiltIn(dialect);
  const name = is_built_in ? dialect.name : found;
  const own = dialect === null || is_built_in ? null : ownFormat(dialect);
  const explanation = await explain({
    ...input,
    format: name === null ? own : formatOf(name),
    body: new Uint8Array(Buffer.from(body)),
    secrets: input.secrets.map((one) =>
      name === null ? one : { ...one, value: receiversSecret(name, one.value) },
    ),
    hidden_value: HIDDEN_VALUE,
  });
  return { ...explanation, ...inWords(explanation) };
};
