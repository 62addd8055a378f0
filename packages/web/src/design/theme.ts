/** `auto` follows the system. */
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'bellwire-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** Storage can be disabled by the browser: the theme then follows the system. */
const stored = (): string | null => {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
};

export const currentTheme = (): Theme => {
  const theme = stored();
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
};

const show = (): void => {
  const theme = currentTheme();
  document.documentElement.dataset['theme'] = theme === 'auto' ? (system.matches ? 'dark' : 'light') : theme;
};

/** Applies the theme, and follows the system. */
export const applyTheme = (): void => {
  show();
  system.addEventListener('change', show);
};

export const setTheme = (theme: Theme): void => {
  try {
    if (theme === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // The choice holds for this page only if it cannot be stored.
    document.documentElement.dataset['theme'] = theme;
    return;
  }
  show();
};
