import type { Issue } from './errors.ts';

/** How a page for one customer looks. Colors are `#rrggbb`, never other CSS. */
export interface PortalTheme {
  /** The color of links and buttons in the light scheme. */
  readonly accent?: string | undefined;
  /** The same in the dark scheme. */
  readonly accent_dark?: string | undefined;
  /** A `data:image/png;base64,` URL. */
  readonly logo_url?: string | undefined;
  readonly name?: string | undefined;
}

/** The rights of a portal session, and the look of its page. */
export interface PortalSettings {
  readonly read_only: boolean;
  readonly return_url: string | null;
  readonly theme: PortalTheme;
}

/** The contrast that WCAG 2.2 AA requires between text and its background. */
const MIN_CONTRAST = 4.5;

/** Backgrounds of text in the console, as in its tokens. A test compares them. */
export const SURFACES = {
  light: ['#fcfcfb', '#ffffff', '#f5f5f3', '#f1f1ee', '#edf1fb'],
  dark: ['#131316', '#18181c', '#101013', '#1f1f24', '#1f2638'],
} as const;

const RGB = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i;

const linear = (hex: string): number => {
  const value = Number.parseInt(hex, 16) / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};

/** The relative luminance of WCAG 2.2. */
const luminance = (color: string): number => {
  const [, red = '00', green = '00', blue = '00'] = RGB.exec(color) ?? [];
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
};

/** The contrast ratio of WCAG 2.2 between two colors like `#rrggbb`, from 1 to 21. */
export const contrastOf = (one: string, other: string): number => {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};

const accentIssue = (
  path: 'accent' | 'accent_dark',
  color: string | undefined,
  scheme: keyof typeof SURFACES,
): readonly Issue[] => {
  if (color === undefined) return [];
  if (!RGB.test(color)) return [{ path: `theme.${path}`, message: 'must be a color like #2f55c4' }];
  const lowest = Math.min(...SURFACES[scheme].map((surface) => contrastOf(color, surface)));
  if (lowest >= MIN_CONTRAST) return [];
  // Rounded down, so that 4.49 is not shown as 4.5.
  const shown = (Math.floor(lowest * 10) / 10).toFixed(1);
  return [
    {
      path: `theme.${path}`,
      message: `has a contrast of ${shown}:1 on the ${scheme} background, and text needs 4.5:1; choose a ${scheme === 'light' ? 'darker' : 'lighter'} color`,
    },
  ];
};

/** The base64 of the signature with which every PNG begins. */
const PNG = /^data:image\/png;base64,iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$/;

const logoIssue = (logo_url: string | undefined): readonly Issue[] =>
  logo_url === undefined || PNG.test(logo_url)
    ? []
    : [
        {
          path: 'theme.logo_url',
          message: 'must be a PNG as data:image/png;base64,…: the page loads nothing from other addresses',
        },
      ];

/** Why a theme cannot be used; empty if it can. */
export const themeIssues = ({ accent, accent_dark, logo_url }: PortalTheme): readonly Issue[] => [
  ...accentIssue('accent', accent, 'light'),
  ...accentIssue('accent_dark', accent_dark, 'dark'),
  ...logoIssue(logo_url),
];

const LOOPBACK = /^(?:localhost|.+\.localhost|\[::1\]|127(?:\.\d{1,3}){3})$/;

/** Whether a page may link to this address: https, or http on this machine. Without a user or a password. */
export const isReturnUrl = (text: string): boolean => {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
};
