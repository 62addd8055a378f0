import {
  type Place,
  type ReceiverAnswer,
  type ReceiverDialect,
  receiverDialects,
  type Scheme,
} from '@bellwire/verify';
import type { Dialect } from './choices.ts';

const schemes: Readonly<Record<Scheme, string>> = {
  standard:
    '`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`; the key is the base64 after `whsec_`',
  stripe: '`t=` and the time, `v1=` and the hex HMAC-SHA256 of `timestamp.body`',
  slack: '`v0=` and the hex HMAC-SHA256 of `v0:timestamp:body`',
  base64: 'the base64 of the HMAC-SHA256 of the body',
  hex: 'the hex HMAC-SHA256 of the body',
  'sha256=hex': '`sha256=` and the hex HMAC-SHA256 of the body',
  plain: 'the secret itself; nothing is signed',
};

const code = (text: string): string => `\`${text}\``;
const list = (names: readonly string[]): string => names.map(code).join(', ');

const describePlace = (place: Place): string =>
  'header' in place ? `the header ${code(place.header)}` : `${code(place.field)} in the body`;

/** A response, such as: 401 `Invalid signature`. */
export const describeAnswer = ({ status, body }: ReceiverAnswer): string =>
  body === ''
    ? `${status}, empty`
    : `${status} ${code(typeof body === 'string' ? body : JSON.stringify(body))}`;

/** Whether the sender's data may hold the type, or may not: then pings look like other events. */
export const isTypeInData = ({ type, data }: ReceiverDialect): boolean =>
  'field' in type && data.length === 0;

const describeData = ({ data, data_without, previous_data }: ReceiverDialect): string => {
  const whole = data_without.length === 0 ? 'the whole body' : `the body without ${list(data_without)}`;
  return `${data.length === 0 ? whole : code(data.join('.'))}${previous_data ? ', and `previous_data`' : ''}`;
};

const describeTime = ({ scheme, timestamp }: ReceiverDialect): string => {
  if (timestamp !== null) return `the header ${code(timestamp)}`;
  return scheme === 'stripe' ? 'in the signature' : 'not signed';
};

/** A Markdown table with aligned columns; the first row is its head. */
const printTable = (rows: readonly (readonly [string, string])[]): string => {
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const print = (cells: readonly [string, string], filler = ' '): string =>
    `| ${cells[0].padEnd(width(0), filler)} | ${cells[1].padEnd(width(1), filler)} |`;
  const [head, ...others] = rows.map((row) => print(row));
  return [head, print(['', ''], '-'), ...others].join('\n');
};

/** A Markdown table of the requests of a dialect and the responses to them. */
export const describeFormat = (dialect: Dialect): string => {
  const format: ReceiverDialect = receiverDialects[dialect];
  const rows: readonly (readonly [string, string])[] = [
    ['path', code(format.path)],
    ['methods', list(format.methods)],
    ['body', format.forms ? 'JSON, or a form with the JSON in `payload`' : 'JSON'],
    ['signature', `the header ${code(format.signature)}: ${schemes[format.scheme]}`],
    ['time of signing', describeTime(format)],
    ['`id`', describePlace(format.id)],
    ['`type`', `${describePlace(format.type)}${isTypeInData(format) ? ', if any' : ''}`],
    ['`data`', describeData(format)],
    ['accepted', describeAnswer(format.accepted)],
    ['refused', describeAnswer(format.refused)],
  ];
  return printTable([['part', 'value'], ...rows]);
};

/** The attacks that the signatures of a dialect do not prevent; empty if there are none. */
export const describeLimits = (dialect: Dialect): string => {
  const { scheme, timestamp, id, type }: ReceiverDialect = receiverDialects[dialect];
  if (scheme === 'plain') {
    return `Not guaranteed: ${code(dialect)} signs nothing, so an attacker who has seen one request can send any other. Use TLS and idempotent handlers.`;
  }
  const signsTime = timestamp !== null || scheme === 'stripe';
  const signsHeaders = scheme === 'standard';
  const unsigned = [...('header' in id ? ['id'] : []), ...('header' in type ? ['type'] : [])];
  const limits = [
    ...(signsTime ? [] : ['an old request can be replayed, because its time is not signed']),
    ...(signsHeaders || unsigned.length === 0
      ? []
      : [
          `a captured request can be sent under another ${unsigned.join(' or ')}${signsTime ? ' for five minutes' : ''} and is then handled again, because the signature does not cover that header`,
        ]),
  ];
  return limits.length === 0
    ? ''
    : `Not guaranteed in ${code(dialect)}: ${limits.join('; ')}. Use TLS and idempotent handlers.`;
};
