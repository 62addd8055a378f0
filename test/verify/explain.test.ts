import { createHmac } from 'node:crypto';
import { type DialectName, receiverDialects, verify } from '@bellwire/verify';
import {
  detectDialect,
  explain,
  type ExplainInput,
  type Explanation,
  findingCodes,
  formatOf,
  inWords,
  type KnownSecret,
  readHeaders,
} from '@bellwire/verify/explain';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyOf, type ReceivingCase, receivingCases } from '../support/vectors.ts';

const known = (value: string, role: KnownSecret['role'] = 'current'): KnownSecret => ({
  value,
  role,
  hook_id: role === 'other' ? 'wh_other' : null,
});

const inputOf = (one: ReceivingCase, more: Partial<ExplainInput> = {}): ExplainInput => ({
  format: formatOf(one.dialect as DialectName),
  headers: one.headers,
  body: new Uint8Array(bodyOf(one)),
  secrets: one.secrets.map((secret, index) => known(secret, index === 0 ? 'current' : 'previous')),
  now: one.now * 1000,
  tolerance_s: 300,
  ...more,
});

const caseNamed = (name: string): ReceivingCase => receivingCases.find((one) => one.name === name)!;
const genuine = caseNamed('standard: as it is signed');
const { headers, body: text = '' } = genuine;
const bytes = (body: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(body));
const SECRET = genuine.secrets[0]!;

/** A body with everything that serializers write differently, signed by Standard Webhooks. */
const signed = (
  body: string,
  key: string | Buffer = Buffer.from(SECRET.slice(6), 'base64'),
  before?: string,
) => {
  const prefix = before ?? `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
  const digest = createHmac('sha256', key)
    .update(prefix + body)
    .digest('base64');
  return { ...headers, 'webhook-signature': `v1,${digest}` };
};

const explained = (more: Partial<ExplainInput>): Promise<Explanation> => explain(inputOf(genuine, more));
const codeOf = async (more: Partial<ExplainInput>): Promise<string> => {
  const { finding } = await explained(more);
  return [finding.code, finding.body_change ?? finding.misreading ?? '', finding.is_proved ? 'proved' : '']
    .filter((part) => part !== '')
    .join(' ');
};

const using = (...secrets: KnownSecret[]) => codeOf({ secrets });
const signing = (key: string) => codeOf({ headers: signed(text, key) });

describe('the verdict is that of verify', () => {
  it.each(receivingCases)('$name', async (one) => {
    const result = await explain(inputOf(one));
    expect([result.finding.code, result.verified]).toEqual([result.finding.code, one.accepted]);
    const options = { secret: one.secrets, dialect: one.dialect as DialectName, now: () => one.now * 1000 };
    expect(result.verified).toBe(
      (await verify({ headers: one.headers, body: bodyOf(one) }, options)).accepted,
    );
    const layout = formatOf(one.dialect as DialectName).layout;
    if (!one.accepted || layout === null || one.needs === 'ed25519') return;
    expect(result.received).toContain(result.expected);
  });
});

it('the explanation contains no secret, in words or facts', async () => {
  for (const one of receivingCases) {
    for (const secrets of [
      [],
      one.secrets.map((secret) => known(secret)),
      [known('another secret of mine')],
    ]) {
      const result = await explain(inputOf(one, { secrets }));
      const printed = JSON.stringify([result, inWords(result)]);
      const exposed = [...one.secrets, ...secrets.map(({ value }) => value)].filter(
        (secret) => secret.length > 7 && printed.includes(secret),
      );
      expect([one.name, exposed]).toEqual([one.name, []]);
    }
  }
});

it.each(Object.keys(receiverDialects) as DialectName[])(
  'in %s every change of the body, headers or secret is refused with a finding in words',
  async (dialect) => {
    const one = receivingCases.find((known_case) => known_case.dialect === dialect && known_case.accepted)!;
    const format = formatOf(dialect);
    const change = fc.constantFrom('body', 'secret', ...Object.keys(one.headers));
    const original = inputOf(one);
    await fc.assert(
      fc.asyncProperty(change, fc.string({ minLength: 1, maxLength: 12 }), async (what, added) => {
        const changed = { ...original };
        if (what === 'body') Object.assign(changed, { body: bytes(bodyOf(one).toString() + added) });
        else if (what === 'secret')
          Object.assign(changed, { secrets: [known(`x${added}${one.secrets[0]!}`)] });
        else Object.assign(changed, { headers: { ...one.headers, [what]: one.headers[what]! + added } });
        const result = await explain({ ...changed, format });
        const verdict = await verify(
          { headers: changed.headers, body: changed.body },
          { secret: changed.secrets.map(({ value }) => value), dialect, now: () => changed.now },
        );
        expect(result.verified).toBe(verdict.accepted);
        expect(findingCodes).toContain(result.finding.code);
        expect(Object.values(inWords(result)).every((sentence) => /[.]$/.test(sentence))).toBe(true);
      }),
      { numRuns: 40 },
    );
  },
);

describe('each tampering has its own finding', () => {
  it('the headers', async () => {
    const { 'webhook-signature': signature = '', 'webhook-timestamp': time = '', ...rest } = headers;
    const without = { ...rest, 'webhook-timestamp': time, 'x-webhook-signature': signature };
    expect((await explained({ headers: without })).finding).toMatchObject({
      code: 'header_missing',
      header: 'webhook-signature',
      similar_headers: ['x-webhook-signature'],
    });
    const as = (value: string) => codeOf({ headers: { ...headers, 'webhook-signature': value } });
    const digest = Buffer.from(signature.slice(3), 'base64');
    expect(await as(signature.slice(3))).toBe('signature_prefix_wrong proved');
    expect(await as(`sha256=${signature.slice(3)}`)).toBe('signature_prefix_wrong proved');
    expect(await as(`v1,${digest.toString('hex')}`)).toBe('signature_encoding_wrong proved');
    expect(await as(`v1,${digest.toString('base64url')}`)).toBe('signature_encoding_wrong proved');
    expect(await as(signature.slice(0, 20))).toBe('signature_malformed');
    expect(await as(`v1a,${'A'.repeat(86)}==`)).toBe('signature_kind_wrong');
    expect(await codeOf({ format: null })).toBe('dialect_unknown');
    const hidden = { headers: { ...headers, 'webhook-signature': '[secret]' }, hidden_value: '[secret]' };
    expect(await codeOf(hidden)).toBe('header_hidden');
  });

  it('the time', async () => {
    const as = (value: string) => codeOf({ headers: { ...headers, 'webhook-timestamp': value } });
    expect(await as('2021-02-25T15:02:10Z')).toBe('timestamp_malformed');
    expect(await as('1614265330000')).toBe('timestamp_malformed');
    const late = await explained({ now: (genuine.now + 4000) * 1000 });
    expect([late.finding.code, late.age_seconds]).toEqual(['timestamp_outside_tolerance', 4000]);
    expect(inWords(late).what).toContain('67 minutes before');
    const early = await explained({ now: (genuine.now - 400) * 1000 });
    expect([early.age_seconds, inWords(early).what.includes('7 minutes after')]).toEqual([-400, true]);
    const bare = signed(text, undefined, '');
    expect(await codeOf({ headers: bare })).toBe('timestamp_not_signed proved');
    const without_id = signed(text, undefined, `${headers['webhook-timestamp']}.`);
    expect(await codeOf({ headers: without_id })).toBe('timestamp_not_signed proved');
  });

  it('the secret', async () => {
    const other = known('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
    expect(await using()).toBe('secret_missing');
    expect(await using(known('whsec_!'))).toBe('secret_unusable');
    expect(await using(other)).toBe('secret_wrong');
    expect(await using(other, known(SECRET, 'previous'))).toBe('verified_previous_secret proved');
    expect(await using(other, known(SECRET, 'expired'))).toBe('secret_expired proved');
    expect(await using(other, known(SECRET, 'other'))).toBe('secret_of_other_hook proved');
    expect(await using(known(SECRET.slice(6)))).toBe('secret_misread prefix_lost proved');
    expect(await using(known(`"${SECRET}"`))).toBe('secret_misread quotes_around proved');
    expect(await using(known(`${SECRET}\n`))).toBe('secret_misread space_around proved');
    expect(await signing(SECRET)).toBe('secret_misread prefix_kept proved');
    expect(await signing(SECRET.slice(6))).toBe('secret_misread not_decoded proved');
  });

  it('another attempt, or a body that differs from the recorded one', async () => {
    const sent = [{ attempt: 2, headers, body: text }];
    const mixed = { ...headers, 'webhook-timestamp': '1614265331' };
    expect((await explained({ headers: mixed, sent })).finding).toMatchObject({
      code: 'other_attempt',
      attempt: 2,
    });
    const other = [known('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')];
    expect(await codeOf({ sent, secrets: other })).toBe('secret_expired');
    const both = { sent, body: bytes(text.replace('123', '124')) };
    const wrong = await explained({ ...both, secrets: other });
    expect([wrong.finding.code, wrong.difference?.signed]).toEqual(['secret_wrong', '3']);
    const known_other = [...other, known(SECRET, 'other')];
    expect(await codeOf({ ...both, secrets: known_other })).toBe('secret_of_other_hook proved');
    const changed = await explained({ sent, body: bytes(text.replace('123', '124')) });
    expect(changed.finding).toMatchObject({ code: 'body_changed', body_change: 'unknown', is_proved: true });
    expect(changed.difference).toMatchObject({ arrived: '4', signed: '3' });
    expect(changed.difference!.before.endsWith('"id":12')).toBe(true);
  });
});

const rich = {
  zeta: 'café ☃ 𝄞',
  url: 'https://a.example/?a=1&b=<2>',
  list: [1, 2.5, { x: null }],
  alpha: true,
};
const tight = JSON.stringify(rich);
const ascii = tight.replaceAll(
  /[\u0080-\uffff]/g,
  (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
);

describe('a changed body is recognized', () => {
  it.each([
    ['newline_added', tight, `${tight}\n`],
    ['newline_removed', `${tight}\n`, tight],
    ['line_endings', 'a\nb', 'a\r\nb'],
    ['line_endings', 'a\r\nb', 'a\nb'],
    ['bom_added', tight, `\uFEFF${tight}`],
    ['bom_removed', `\uFEFF${tight}`, tight],
    ['space_around', tight, ` ${tight} `],
    ['quoted', tight, JSON.stringify(tight)],
    ['mojibake', tight, Buffer.from(tight).toString('latin1')],
    ['spacing', tight, JSON.stringify(rich, null, 2)],
    ['spacing', JSON.stringify(rich, null, 4), tight],
    ['spacing', '{"a": 1.0, "b": [1, 2]}', '{"a":1.0,"b":[1,2]}'],
    ['spacing', '{"a":1.0}', '{\n  "a": 1.0\n}'],
    ['unicode_escapes', tight, ascii],
    ['unicode_escapes', ascii, tight],
    ['slash_escapes', tight, tight.replaceAll('/', '\\/')],
    ['slash_escapes', tight.replaceAll('/', '\\/'), tight],
    ['html_escapes', tight, tight.replace('&', '\\u0026').replace('<', '\\u003c').replace('>', '\\u003e')],
    ['reserialized', '{"a":1}', '{"a":1.0}'],
    ['key_order', '{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'],
    ['form_decoded', `payload=${encodeURIComponent('{"a":1}')}`, '{"a":1}'],
  ])('%s: signed %j', async (change, original, arrived) => {
    const result = await explained({ headers: signed(original), body: bytes(arrived) });
    expect([result.verified, result.finding]).toMatchObject([
      false,
      { code: 'body_changed', body_change: change, is_proved: true },
    ]);
    expect(result.difference).not.toBeNull();
  });

  it('by its length: truncated or longer', async () => {
    expect(await codeOf({ body: bytes(text.slice(0, -9)) })).toBe('body_changed truncated');
    const announced = { headers: { ...headers, 'content-length': String(text.length) } };
    expect(await codeOf({ ...announced, body: bytes('plain') })).toBe('body_changed truncated');
    expect(await codeOf({ ...announced, body: bytes(`${text}${text}`) })).toBe('body_changed longer');
  });

  it('after any JSON was printed with an indent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), async (value) => {
        const original = JSON.stringify(value);
        const arrived = JSON.stringify(JSON.parse(original), null, 2);
        if (arrived === original) return;
        expect(await codeOf({ headers: signed(original), body: bytes(arrived) })).toBe(
          'body_changed spacing proved',
        );
      }),
      { numRuns: 60 },
    );
  });
});

it('the signed bytes are shown as text, and as hex where they are not printable', async () => {
  const body = '{"a":"\u200b"}\r\n';
  const { signed: shown, expected, received } = await explained({ headers: signed(body), body: bytes(body) });
  expect(shown).toEqual({
    bytes: Buffer.byteLength(`${headers['webhook-id']}.1614265330.${body}`),
    prefix: `${headers['webhook-id']}.1614265330.`,
    body: [
      { text: '{"a":"', hex: null },
      { text: null, hex: 'e2808b' },
      { text: '"}', hex: null },
      { text: null, hex: '0d' },
      { text: '\n', hex: null },
    ],
  });
  expect(expected).toBe(received);
  const { signed: binary } = await explained({ body: new Uint8Array([0xff, 0x00]) });
  expect(binary!.body).toEqual([{ text: null, hex: 'ff00' }]);
});

it('headers are read from lines, curl, JSON and rawHeaders', () => {
  const expected = { 'webhook-id': 'a', 'x-b': 'c: d' };
  expect(readHeaders('POST / HTTP/1.1\r\nWebhook-Id: a\r\nX-B:  c: d \r\n')).toEqual(expected);
  expect(readHeaders("> Webhook-Id: a\n  -H 'X-B: c: d' \\")).toEqual(expected);
  expect(readHeaders('{"Webhook-Id": "a", "X-B": ["c: d"]}')).toEqual(expected);
  expect(readHeaders('["Webhook-Id", "a", "X-B", "c: d"]')).toEqual(expected);
  expect(readHeaders('A: 1\na: 2')).toEqual({ a: '1, 2' });
});

it.each(receivingCases.filter(({ accepted }) => accepted))('the dialect is found: $name', (one) => {
  const found = detectDialect(one.headers, bodyOf(one).toString());
  const { scheme } = receiverDialects[one.dialect as DialectName];
  expect(found === null ? null : receiverDialects[found].scheme).toBe(scheme);
});
