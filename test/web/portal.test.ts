import { afterEach, describe, expect, it } from 'vitest';
import { durationText } from '../../packages/web/src/design/durations.ts';
import { numberText, setLocale } from '../../packages/web/src/design/locale.ts';
import { percentText } from '../../packages/web/src/pages/webhooks/list/percent.ts';
import {
  accentOf,
  logoOf,
  tokenIn,
  tokenOfLink,
  webAddress,
} from '../../packages/web/src/portal/portal-link.ts';
import { de } from '../../packages/web/src/words/de.ts';
import { en } from '../../packages/web/src/words/en.ts';
import { es } from '../../packages/web/src/words/es.ts';
import { languageOf, loadLanguage } from '../../packages/web/src/words/languages.ts';

const TOKEN = '3q2-7wQkz0m4_3q2-7wQkz0m4';
const ORIGIN = 'https://hooks.example.com';

describe('a link', () => {
  it('has its token in the fragment, which an address of the page is not', () => {
    expect(tokenIn(`#${TOKEN}`)).toBe(TOKEN);
    for (const hash of ['', '#', '#/webhooks', '#/webhooks?tab=test', `#${TOKEN}?x`, '#short'])
      expect([hash, tokenIn(hash)]).toEqual([hash, null]);
  });

  it('from the host of the frame counts only for this server and the portal', () => {
    expect(tokenOfLink(`${ORIGIN}/portal#${TOKEN}`, ORIGIN)).toBe(TOKEN);
    expect(tokenOfLink(`${ORIGIN}/portal?lang=de#${TOKEN}`, ORIGIN)).toBe(TOKEN);
    for (const link of [
      `https://evil.example/portal#${TOKEN}`,
      `https://hooks.example.com:8443/portal#${TOKEN}`,
      `http://hooks.example.com/portal#${TOKEN}`,
      `${ORIGIN}/signin#${TOKEN}`,
      `${ORIGIN}/portal`,
      `/portal#${TOKEN}`,
      `javascript:alert(1)#${TOKEN}`,
      null,
      42,
      { href: `${ORIGIN}/portal#${TOKEN}` },
    ])
      expect([link, tokenOfLink(link, ORIGIN)]).toEqual([link, null]);
  });
});

describe('the theme', () => {
  it('has a color for each scheme, and nothing that is not one', () => {
    const theme = { accent: '#0b5d4e', accent_dark: '#5fd0b5' };
    expect(accentOf(theme, 'light')).toBe('#0b5d4e');
    expect(accentOf(theme, 'dark')).toBe('#5fd0b5');
    for (const accent of ['red', '#fff', 'url(https://evil.example)', '#0b5d4e; color: red'])
      expect(accentOf({ accent }, 'light')).toBe(null);
    expect(accentOf({ accent: '#0b5d4e' }, 'dark')).toBe(null);
  });

  it('has a logo only within its own address', () => {
    expect(logoOf({ logo_url: 'data:image/png;base64,iVBORw0KGgo=' })).toMatch(/^data:/);
    expect(logoOf({ logo_url: 'https://evil.example/pixel.png' })).toBe(null);
    expect(logoOf({})).toBe(null);
  });
});

it('the way back is http or https, never a script', () => {
  expect(webAddress('https://app.example.com/settings')).toBe('https://app.example.com/settings');
  for (const text of ['javascript:alert(1)', 'data:text/html,x', '/settings', '', null, undefined, 1])
    expect(webAddress(text)).toBe(null);
});

describe('the language', () => {
  afterEach(() => setLocale(en.locale));

  it('is the first wanted one that there is', () => {
    expect(languageOf(['fr-CA', 'de-AT', 'en'])).toBe('de');
    expect(languageOf(['ES'])).toBe('es');
    expect(languageOf(['fr', 'constructor'])).toBe('en');
    expect(languageOf([])).toBe('en');
  });

  it('changes numbers with the words', async () => {
    expect([numberText(1234.5), durationText(10_040), percentText(0.99991)]).toEqual([
      '1,234.5',
      '10.0 s',
      '99.99 %',
    ]);
    expect(await loadLanguage('de')).toBe(de);
    expect([numberText(1234.5), durationText(10_040), percentText(0.99991)]).toEqual([
      '1.234,5',
      '10,0 s',
      '99,99 %',
    ]);
  });
});

/** The paths of all texts; a function counts as one. */
const texts = (value: unknown, path = ''): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => texts(inner, `${path}.${name}`))
    : [[path, value]];

it.each([
  ['German', de],
  ['Spanish', es],
])('%s has every text, and none that is empty where the English one is not', (_, words) => {
  const translated = new Map(texts(words));
  for (const [path, text] of texts(en))
    expect([path, typeof translated.get(path), translated.get(path) === '']).toEqual([
      path,
      typeof text,
      text === '',
    ]);
});
