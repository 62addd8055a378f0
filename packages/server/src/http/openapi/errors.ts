import { errorTable } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { hasLargeAnswer, isRead } from '../../rpc/reads.ts';
import { ANSWERED_CODES, type AnsweredCode } from '../../rpc/views/error.ts';
import type { RestRoute } from '../routes.ts';
import type { Answer, Reference } from './types.ts';

const isAnswered = (code: string): code is AnsweredCode => Object.hasOwn(ANSWERED_CODES, code);

const OF_EVERY_CALL: readonly AnsweredCode[] = [
  'unauthenticated',
  'forbidden',
  'not_found',
  'invalid_input',
  'internal',
  // Of PostgreSQL, which can be down at any time.
  'storage_failed',
];
const OF_A_BODY: readonly AnsweredCode[] = [
  'invalid_json',
  'invalid_utf8',
  'number_not_representable',
  'payload_too_large',
  'unsupported_media_type',
];

/** Every error code that a call can return. */
const codesOf = (rest: RestRoute): readonly AnsweredCode[] => {
  const { meta, route, input } = rest;
  const codes = [
    // Those in progress, and those whose answers are not read, are limited.
    ...(isRead(rest) || hasLargeAnswer(rest) ? (['overloaded'] as const) : []),
    ...(route.method === 'GET' ? [] : OF_A_BODY),
    ...(Object.hasOwn(input.shape, 'cursor') ? (['invalid_cursor'] as const) : []),
    ...OF_EVERY_CALL,
    ...(meta.errors ?? []).filter(isAnswered),
  ];
  return [...new Set(codes)];
};

/** `InvalidJsonOrInvalidUtf8` */
const nameOf = (codes: readonly AnsweredCode[]): string =>
  codes
    .map((code) => code.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase()))
    .join('Or');

const text = (description: string): JsonObject => ({ description, schema: { type: 'string' } });

const headersOf = (codes: readonly AnsweredCode[]): Record<string, JsonObject> => ({
  ...(codes.includes('unauthenticated') ? { 'WWW-Authenticate': text('`Bearer`') } : {}),
  ...(codes.includes('method_not_allowed') ? { Allow: text('The methods that the path supports.') } : {}),
  ...(codes.some((code) => [429, 503].includes(errorTable[code]))
    ? {
        'Retry-After': {
          description: 'Seconds to wait before retrying.',
          schema: { type: 'integer' },
        },
      }
    : {}),
});

const exampleOf = (code: AnsweredCode): JsonObject => {
  const { message, issues } = ANSWERED_CODES[code];
  const listed = issues?.map((issue) => ({ ...issue }));
  return { error: { code, message, ...(listed === undefined ? {} : { issues: listed }) } };
};

/** The response for these error codes, with an example of each. */
const answerOf = (codes: readonly AnsweredCode[]): Answer => {
  const headers = headersOf(codes);
  const meanings = codes.map((code) => `\`${code}\`: ${ANSWERED_CODES[code].meaning}`);
  return {
    description: meanings.join('\n\n'),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
};

export interface ErrorAnswers {
  /** The error responses of a route by HTTP status. */
  readonly of: (rest: RestRoute) => Readonly<Record<string, Reference>>;
  /** The shared responses by name. Complete once `of` was called for every route. */
  readonly responses: () => Readonly<Record<string, Answer>>;
}

/** Collects the error responses of all routes. Equal sets of codes share one response. */
export const createErrorAnswers = (): ErrorAnswers => {
  const responses = new Map<string, Answer>();
  const refer = (codes: readonly AnsweredCode[]): Reference => {
    const name = nameOf(codes);
    if (!responses.has(name)) responses.set(name, answerOf(codes));
    return { $ref: `#/components/responses/${name}` };
  };
  // No operation refers to them: they are returned for methods that a path does not have, and for unknown hosts.
  refer(['method_not_allowed']);
  refer(['ambiguous_host']);
  refer(['host_refused']);
  return {
    of: (rest) =>
      Object.fromEntries(
        [...Map.groupBy(codesOf(rest), (code) => String(errorTable[code]))].map(([status, codes]) => [
          status,
          refer(codes),
        ]),
      ),
    responses: () => Object.fromEntries(responses),
  };
};
