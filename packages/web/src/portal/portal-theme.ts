import { accentOf, type PortalTheme, type Scheme } from './portal-link.ts';

/** The properties that have the color of links, buttons and the focus. */
const PROPERTIES = ['--accent', '--accent-text', '--focus'];

const system = matchMedia('(prefers-color-scheme: dark)');

let theme: PortalTheme = {};
/** From the address; null for the system's. */
let chosen: Scheme | null = null;

const show = (): void => {
  const scheme = chosen ?? (system.matches ? 'dark' : 'light');
  const { dataset, style } = document.documentElement;
  const accent = accentOf(theme, scheme);
  for (const property of PROPERTIES) {
    if (accent === null) style.removeProperty(property);
    else style.setProperty(property, accent);
  }
  dataset['theme'] = scheme;
};

/** Shows the scheme that the address wants, or else that of the system. */
export const followScheme = (wanted: string | null): void => {
  chosen = wanted === 'light' || wanted === 'dark' ? wanted : null;
  system.addEventListener('change', show);
  show();
};

/** Shows the colors of the customer. */
export const applyPortalTheme = (wanted: PortalTheme): void => {
  theme = wanted;
  show();
};
