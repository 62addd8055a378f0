const TOKEN = /^[\w-]{16,128}$/;

/** The token of a link in the fragment of an address; null for an address of the page, which begins with `#/`. */
export const tokenIn = (hash: string): string | null => {
  const text = hash.replace(/^#/, '');
  return TOKEN.test(text) ? text : null;
};

/** The token of a link to the portal of this server; null for any other text. */
export const tokenOfLink = (link: unknown, origin: string): string | null => {
  const url = typeof link === 'string' ? URL.parse(link) : null;
  if (url === null || url.origin !== origin || !/^\/portal\/?$/.test(url.pathname)) return null;
  return tokenIn(url.hash);
};

/** The address as a link of the page; null if it is neither http nor https. */
export const webAddress = (text: unknown): string | null => {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null;
};

export type Scheme = 'light' | 'dark';

/** The look of the portal of a customer, as the server keeps it. */
export interface PortalTheme {
  readonly accent?: string;
  readonly accent_dark?: string;
  readonly logo_url?: string;
  readonly name?: string;
}

/** The color of links and buttons in a scheme; null for the page's own. The server has checked its contrast. */
export const accentOf = ({ accent, accent_dark }: PortalTheme, scheme: Scheme): string | null => {
  const color = scheme === 'dark' ? accent_dark : accent;
  return color !== undefined && /^#[\da-f]{6}$/i.test(color) ? color : null;
};

/** The logo, if it is a picture within its own address: the page loads nothing from other servers. */
export const logoOf = ({ logo_url }: PortalTheme): string | null =>
  logo_url?.startsWith('data:image/png;base64,') === true ? logo_url : null;
