import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { contrastOf, isReturnUrl, SURFACES, themeIssues } from '../../packages/server/src/core/portal.ts';

const tokens = await readFile(new URL('../../packages/web/src/design/tokens.css', import.meta.url), 'utf8');

/** The colors of one block of the tokens, by name. */
const colorsIn = (block: string): ReadonlyMap<string, string> =>
  new Map(
    [...block.matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name = '', color = '']) => [name, color]),
  );

describe('the contrast of an accent', () => {
  it.each([
    ['#000000', '#ffffff', 21],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#2f55c4', '#2f55c4', 1],
  ])('of %s on %s is %d, as in WCAG', (one, other, ratio) => {
    expect(contrastOf(one, other)).toBeCloseTo(ratio, 2);
    expect(contrastOf(other, one)).toBeCloseTo(ratio, 2);
  });

  it('is measured on the backgrounds of the console', () => {
    const [light = '', dark = ''] = tokens.split("data-theme='dark'");
    for (const [scheme, block] of [
      ['light', light],
      ['dark', dark],
    ] as const) {
      const colors = colorsIn(block);
      const names = ['bg', 'surface', 'sunken', 'hover', 'selected'];
      expect(names.map((name) => colors.get(name))).toEqual([...SURFACES[scheme]]);
    }
  });

  it('is refused below 4.5:1, in words, for each scheme', () => {
    expect(themeIssues({ accent: '#2f55c4', accent_dark: '#9db4f8' })).toEqual([]);
    expect(themeIssues({ accent: '#9db4f8', accent_dark: '#2f55c4' })).toEqual([
      {
        path: 'theme.accent',
        message: expect.stringMatching(
          /^has a contrast of 1\.\d:1 on the light background, and text needs 4\.5:1; choose a darker color$/,
        ),
      },
      { path: 'theme.accent_dark', message: expect.stringContaining('choose a lighter color') },
    ]);
    // Sufficient on white alone, but not on every background.
    expect(themeIssues({ accent: '#767676' })).toMatchObject([{ path: 'theme.accent' }]);
  });

  it.each(['red', '#fff', '#2f55c4;}', 'url(x)', '#2f55c4ff', ''])('%j is not a color', (accent) => {
    expect(themeIssues({ accent })).toMatchObject([{ message: 'must be a color like #2f55c4' }]);
  });
});

it('a logo is a PNG within the page', () => {
  expect(themeIssues({ logo_url: 'data:image/png;base64,iVBORw0KGgoAAAA=' })).toEqual([]);
  for (const logo_url of [
    'https://app.example.com/logo.png',
    'data:image/svg+xml;base64,iVBORw0KGgo',
    'data:image/png;base64,PHN2Zz4=',
    'data:image/png;base64,iVBORw0KGgo"onerror=x',
    'javascript:alert(1)',
  ]) {
    expect(themeIssues({ logo_url }), logo_url).toMatchObject([{ path: 'theme.logo_url' }]);
  }
});

it.each([
  ['https://app.example.com/settings?a=b#c', true],
  ['http://localhost:3000/', true],
  ['http://127.0.0.1:3000/', true],
  ['http://[::1]/', true],
  ['http://app.example.com/', false],
  ['http://127.0.0.1.example.com/', false],
  ['http://localhost.example.com/', false],
  ['https://user:password@app.example.com/', false],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['//app.example.com/', false],
  ['/settings', false],
])('%s is a return URL: %j', (url, expected) => {
  expect(isReturnUrl(url)).toBe(expected);
});
