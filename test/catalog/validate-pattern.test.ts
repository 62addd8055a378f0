import { performance } from 'node:perf_hooks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validatePattern } from '../../packages/server/src/catalog/validate-pattern.ts';
import { leanPattern } from '../../packages/server/src/catalog/lean-pattern.ts';
import { words } from '../support/words.ts';

const EXPONENTIAL = [
  ...words`
    (a+)+ ^(a+)+$ (a*)* (a|a)* (.*)*x ([a-z]+)* (a|aa)+$ (a|a?)+$ (a+)+?b (a+){2,}b ((a)+)+$ (x+x+)+y
    (aa?)*$b (a+b?)+$ ^((ab)*)*$ (a|b|ab)*c ([^,]+,?)*; (\w+\s?)*$ (.|\s)+x ^(\d+|\w+)*$ (?:a|[a-c])*d
    (?:\w*\d*)*! ([a-z]{2}|ab)*! (?<name>a+)+$ (\u0061|a)*b (é|[à-ü])*x (\u00e9|[\u00e0-\u00fc])*x
    (\xe9|\u{e9})*x (\s|\u00a0)*x (\S|é)*x (\W|é)*x (\D|é)*x (\P{L}|€)*x ([^a]|é)*x (.|é)*x (\p{L}+)*1
    (?:a+){20}$ (a{1,10}){1,10}$ ((a{0,9}){0,9}){0,9}b ^(a?){40}$ (a?){25}a{25} ^(?=(a+)+$)a ^(?!(a|a)*$)a
    ^(([a-z])+.)+[A-Z]([a-z])+$ ^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*$
  `,
  'a?'.repeat(40),
  `^a${'(|)'.repeat(40)}b`,
  `^a${'(|)'.repeat(40)}$`,
];

const POLYNOMIAL = [
  ...words`
    .*.*.*x \s+$ a*b ^a*a*$ ^a{2,}a{2,}$ \d+\d+x ^.*@.*\..*$ ^(.*)foo(.*)$ ^[^\s@]+@[^\s@]+\.[^\s@]+$ x.*y
    .{32000} ^[a-z]*(?=.*x)[a-z] (?=.*x)y (?:(?=.*x).)* ^(?:(?=.*x).)*$ ^x|\s+$
  `,
];

const HARMLESS = [
  ...words`
    ^$ ^.*$ .+ [A-Z]+ foo ^x- @example\.com$ \.(png|jpe?g)$ ^[A-Z]{3}$ ^[\w.-]{1,64}$ ^.{1,32000}$
    ^\+?[1-9]\d{6,14}$ ^-?\d+(\.\d+)?$ ^\d{4}-\d{2}-\d{2}$ ^(order|invoice)\.[a-z_]+$
    ^[a-z0-9]+(-[a-z0-9]+)*$ ^([a-z0-9]+-)*[a-z0-9]+$ ^[a-z]([a-z0-9-]*[a-z0-9])?$ ^[^@]+@[^@.]+(\.[^@.]+)+$
    ^https://[^/\s]+/ ^(?=.*\d)(?=.*[a-z]).{8,}$ ^(?!.*--)[a-z-]+$ ^\p{Lu}\p{L}*$ ^[^[\]]*$ a(?:b*c)?
    (?:\s+x)? ^(?:[01]\d|2[0-3]):[0-5]\d$
    ^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?$
  `,
  '^[A-Z]{2}\\d{2}(?: ?[A-Z0-9]{4}){2,7}$',
  `^(${Array.from({ length: 100 }, (_, index) => `x${index}`).join('|')})$`,
];

/** Patterns that z.toJSONSchema (zod 4.6) prints: catalogs written in zod must be accepted. */
const ZOD = {
  email:
    "^(?:[A-Za-z0-9_'+\\-]+\\.)*[A-Za-z0-9_'+\\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
  uuid: '^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$',
  cidrv6:
    '^(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:((:[0-9a-fA-F]{1,4}){1,6})|:((:[0-9a-fA-F]{1,4}){1,7}|:))\\/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$',
  datetime:
    '^(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8])))T(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?(?:Z|([+-](?:[01]\\d|2[0-3]):[0-5]\\d))|(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d+)?)?)$',
  duration:
    '^P(?:(\\d+W)|(?!.*W)(?=\\d|T\\d)(\\d+Y)?(\\d+M)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+([.,]\\d+)?S)?)?)$',
  hostname:
    '^(?=.{1,253}\\.?$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[-0-9a-zA-Z]{0,61}[0-9a-zA-Z])?)*\\.?$',
  emoji:
    '^(?=[\\s\\S]*[\\p{Extended_Pictographic}\\p{Regional_Indicator}\\u20E3])[\\p{Extended_Pictographic}\\p{Emoji_Component}]+$',
  base64: '^$|^(?:[0-9a-zA-Z+/]{4})*(?:(?:[0-9a-zA-Z+/]{2}==)|(?:[0-9a-zA-Z+/]{3}=))?$',
  sha512: '^[0-9a-fA-F]{128}$',
  starts_with: '^ab\\..*',
  ends_with: '.*ab$',
};

const UNITS = [...words`a ab a- - 1 1. A @ a@ a. x / é aA1`, ' ', '\n'];
const STARTS = ['', ...words`a https:// order. a@ P - 1.1.1-`];

const LIMIT_MS = 50;

const took = (work: () => unknown): number => {
  const started_at = performance.now();
  work();
  return performance.now() - started_at;
};

/** Whether one of three runs stays within the limit. A busy machine can delay a run. */
const isFast = (work: () => unknown, limit_ms = LIMIT_MS): boolean =>
  [1, 2, 3].some(() => took(work) < limit_ms);

const TEXTS = UNITS.flatMap((unit) =>
  STARTS.map((start) => `${start}${unit.repeat(10_000 / unit.length)}\n!`),
);

/** Whether a pattern is fast on texts of 10,000 characters of which it may read much before it fails. */
const isFastOnAll = (pattern: string): boolean => {
  const matcher = new RegExp(leanPattern(pattern), 'u');
  return TEXTS.every((text) => isFast(() => matcher.test(text)));
};

describe('a pattern', () => {
  it.each([
    ...EXPONENTIAL.map((pattern) => ['exponential', pattern] as const),
    ...POLYNOMIAL.map((pattern) => ['polynomial', pattern] as const),
  ])('is refused when its backtracking is %s: %s', (_, pattern) => {
    expect(validatePattern(pattern)).toMatch(/^could take very long|^looks ahead without/);
  });

  it.each([...HARMLESS.map((pattern) => ['harmless', pattern] as const), ...Object.entries(ZOD)])(
    'is accepted and fast on 10,000 adversarial characters: %s %s',
    (_, pattern) => {
      expect(validatePattern(pattern)).toBeNull();
      expect(isFastOnAll(pattern)).toBe(true);
    },
  );

  it('that is refused takes long: the timing above can fail', () => {
    expect(took(() => /^(a|a)*$/u.test(`${'a'.repeat(23)}!`))).toBeGreaterThan(LIMIT_MS);
    expect(took(() => /^[^]*a[^]*c/u.test('a'.repeat(15_000)))).toBeGreaterThan(LIMIT_MS);
  });

  it.each([
    ['it refers back to a group', '(a)\\1', /refers back to a group/],
    ['it refers back to a named group', '(?<n>a)\\k<n>', /refers back to a group/],
    ['it looks behind', '(?<=a)b', /looks behind/],
    ['it looks behind negatively', '(?<!a)b', /looks behind/],
    ['it sets flags', '(?i:a)b', /sets flags/],
    [
      'it is not a regular expression',
      '(a',
      /is not a regular expression under the flag u: Unterminated group/,
    ],
    ['it is invalid under the flag u', '\\-', /is not a regular expression under the flag u: Invalid escape/],
    ['it has 513 characters', 'a'.repeat(513), /more than 512 characters/],
    ['an anchor is missing', '\\s+$', /Start it with \^/],
  ])('is refused with the reason when %s', (_, pattern, reason) => {
    expect(validatePattern(pattern)).toMatch(reason);
  });

  it('may have 512 characters', () => {
    expect(validatePattern(`^${'a'.repeat(511)}`)).toBeNull();
  });

  it('is accepted when it only resembles a refused one', () => {
    expect(
      ['^\\\\1$', '^[(?<=]+$', '^\\(\\?<=$', '^[\\]+*]+$', '^\\u{61}+$', '^\\0$'].map(validatePattern),
    ).toEqual(Array(6).fill(null));
  });

  it.each([
    '((((a?){36}){36}){36}){36}',
    '((((((){36}){36}){36}){36}){36}){36}',
    '((((((a){36}){36}){36}){36}){36}){36}',
    '^[ab]*a[ab]{30}$',
    '((((((a?){1000}){1000}){1000}){1000}){1000}){1000}b',
    '(?:[a-z][b-y]?)'.repeat(34),
    '[^a]?b'.repeat(80),
    '\\p{L}{36}'.repeat(50),
    `${'(a|'.repeat(120)})${')'.repeat(119)}`,
    '('.repeat(250) + ')'.repeat(250),
  ])('is checked in bounded time: %s', (pattern) => {
    expect(isFast(() => validatePattern(pattern), 200)).toBe(true);
  });

  it('that is accepted is fast on every repetitive text', () => {
    const character = fc.constantFrom('a', 'b', '[ab]', '.', '[^a]', '\\w', '-');
    const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '*?', '{2,}', '{0,50}');
    const { pattern: generated } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
      part: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.tuple(character, quantifier).map(([text, times]) => text + times),
        fc
          .tuple(tie('pattern'), tie('pattern'), quantifier)
          .map(([one, other, times]) => `(${one}|${other})${times}`),
        fc.tuple(tie('pattern'), quantifier).map(([body, times]) => `(?:${body})${times}`),
        tie('pattern').map((body) => `(?=${body})`),
      ),
      pattern: fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
    }));
    const pump = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 4 });
    let accepted = 0;
    fc.assert(
      fc.property(generated, fc.boolean(), pump, (body, anchored, unit) => {
        const pattern = `${anchored ? '^' : ''}${body}$`;
        if (validatePattern(pattern) !== null) return;
        accepted += 1;
        const matcher = new RegExp(leanPattern(pattern), 'u');
        expect(
          ['', '!'].every((end) => isFast(() => matcher.test(unit.repeat(10_000 / unit.length) + end))),
        ).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(80);
  });
});

describe('a lean pattern', () => {
  it('matches the same texts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 6 });
    const rest = fc.constantFrom('a$', 'ab', 'a|b$', '', '$', '(a|b)b', '\\nb', '?a');
    fc.assert(
      fc.property(rest, text, (end, tried) => {
        const pattern = `.*${end}`;
        expect(new RegExp(leanPattern(pattern), 'u').test(tried)).toBe(new RegExp(pattern, 'u').test(tried));
      }),
      { numRuns: 500 },
    );
  });

  it('omits .* only at the start of the whole pattern', () => {
    expect(['.*a', '.*?a', '^.*a', 'a.*', '\\.*a', '.*'].map(leanPattern)).toEqual([
      'a',
      '.*?a',
      '^.*a',
      'a.*',
      '\\.*a',
      '',
    ]);
  });
});
