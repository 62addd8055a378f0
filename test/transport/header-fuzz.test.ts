import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { validateCustomHeaders } from '../../packages/server/src/core/custom-headers.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { replies } from '../support/receiver-behaviours.ts';
import { createTransportHarness } from '../support/transport-harness.ts';

// The full form is `pnpm experiment X6`.
const PAIRS = Number(process.env['HEADER_PAIRS'] ?? 4000);
const PAIRS_MAX = 8;
const SEED = 1;

const RESERVED = [
  'Host',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Keep-Alive',
  'TE',
  'Trailer',
  'Upgrade',
  'Expect',
  'Proxy-Authorization',
  'Proxy-Connection',
  'Content-Type',
  'Content-Encoding',
  'Accept-Encoding',
  'User-Agent',
  'Webhook-Id',
  'Webhook-Signature',
  'Svix-Id',
  'Metadata-Flavor',
  'X-Aws-Ec2-Metadata-Token',
];

const INJECTIONS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\r\n\r\nPOST / HTTP/1.1\r\nhost: a\r\n\r\n',
  '\r\nX-Injected: 1',
  ': ',
  '\v',
  '\u010d\u010a',
  'é',
  '\u2028',
];

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(...INJECTIONS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);
const value = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
const name = fc.oneof(
  { weight: 4, arbitrary: token },
  { weight: 1, arbitrary: fc.tuple(token, piece).map((pieces) => pieces.join('')) },
  { weight: 1, arbitrary: fc.constantFrom(...RESERVED) },
);
const pairs = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: PAIRS_MAX });

const isAccepted = (headers: Record<string, string>): boolean =>
  validateCustomHeaders(headers, []).length === 0;

/** The accepted pairs, each name once. */
const acceptedOf = (given: readonly (readonly [string, string])[]): Record<string, string> => {
  const accepted = new Map<string, readonly [string, string]>();
  for (const pair of given) {
    if (isAccepted(Object.fromEntries([pair]))) accepted.set(pair[0].toLowerCase(), pair);
  }
  return Object.fromEntries(accepted.values());
};

it(
  'every accepted custom header arrives unchanged, and none adds or changes a header or a request',
  { timeout: 30_000 + PAIRS * 10 },
  async () => {
    await using receiver = await startFaultyReceiver({ '/': replies(204, '') });
    await using harness = createTransportHarness();
    let sent = 0;
    let accepted = 0;
    for (const given of fc.sample(pairs, { numRuns: Math.ceil(PAIRS / (PAIRS_MAX / 2)), seed: SEED })) {
      const headers = acceptedOf(given);
      const { outcome } = await harness.send(receiver.origin, { headers, body: '{}' });
      sent += 1;
      accepted += Object.keys(headers).length;
      expect(outcome, JSON.stringify(headers)).toEqual({ kind: 'succeeded' });
      expect(receiver.requests).toHaveLength(sent);
      const { head, body } = receiver.requests[sent - 1]!;
      expect(body).toBe('{}');
      expect(head.split('\r\n')).toEqual([
        'POST / HTTP/1.1',
        `host: ${receiver.origin.slice('http://'.length)}`,
        'connection: keep-alive',
        ...Object.entries(headers).map(([one, text]) => `${one}: ${text}`),
        'accept-encoding: identity',
        'content-length: 2',
      ]);
    }
    expect(accepted).toBeGreaterThan(PAIRS / 4);
  },
);

it('a reserved name is refused in every spelling', () => {
  const spelled = fc
    .tuple(fc.constantFrom(...RESERVED), fc.infiniteStream(fc.boolean()))
    .map(([text, upper]) => {
      const cases = upper[Symbol.iterator]();
      return text
        .split('')
        .map((one) => (cases.next().value === true ? one.toUpperCase() : one.toLowerCase()))
        .join('');
    });
  fc.assert(
    fc.property(spelled, (reserved) => !isAccepted({ [reserved]: 'x' })),
    { numRuns: 2000, seed: SEED },
  );
});

it('a value with a control character or beyond ASCII is refused, and so is a name that is not a token', () => {
  for (const injection of INJECTIONS.filter((text) => text !== ': ')) {
    expect(isAccepted({ 'X-A': `a${injection}b` }), JSON.stringify(injection)).toBe(false);
  }
  for (const injection of INJECTIONS) expect(isAccepted({ [`X-A${injection}`]: 'x' })).toBe(false);
});
