import { type ReactNode, useState } from 'react';
import { Link, useRoute } from 'wouter';
import { Button } from '../design/button.tsx';
import { currentTheme, setTheme, type Theme } from '../design/theme.ts';
import { useSession } from '../session/session-provider.tsx';
import { WorkspaceSwitch } from './workspace-switch.tsx';
import './shell.css';

const NAVIGATION = [
  ['/webhooks', 'Webhooks'],
  ['/deliveries', 'Deliveries'],
  ['/events', 'Events'],
  ['/catalog', 'Event catalog'],
  ['/tenants', 'Tenants'],
  ['/health', 'Health'],
  ['/debug', 'Debug a signature'],
] as const;

const ADMINISTRATION = [
  ['/keys', 'Keys'],
  ['/audit', 'Audit'],
  ['/settings', 'Settings'],
] as const;

const NavLink = ({ to, children }: { readonly to: string; readonly children: string }) => {
  const [active] = useRoute(`${to}/*?`);
  return (
    <Link href={to} className="nav-link" aria-current={active ? 'page' : undefined}>
      {children}
    </Link>
  );
};

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const THEME_NAME: Readonly<Record<Theme, string>> = {
  auto: 'Theme: system',
  light: 'Theme: light',
  dark: 'Theme: dark',
};

const ThemeButton = () => {
  const [theme, setShown] = useState(currentTheme);
  const change = (): void => {
    setTheme(NEXT_THEME[theme]);
    setShown(NEXT_THEME[theme]);
  };
  return (
    <Button kind="bare" onClick={change}>
      {THEME_NAME[theme]}
    </Button>
  );
};

/** The frame of every page: navigation, and the page beside or below it. */
export const Shell = ({ children }: { readonly children: ReactNode }) => {
  const { end, scope } = useSession();
  return (
    <div className="shell">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="side">
        <Link href="/" className="brand">
          Bellwire
        </Link>
        <nav className="nav" aria-label="Pages">
          {NAVIGATION.map(([to, name]) => (
            <NavLink key={to} to={to}>
              {name}
            </NavLink>
          ))}
          <span className="nav-gap" />
          {ADMINISTRATION.filter(([to]) => scope === 'admin' || to === '/audit').map(([to, name]) => (
            <NavLink key={to} to={to}>
              {name}
            </NavLink>
          ))}
        </nav>
        <div className="side-end">
          <WorkspaceSwitch />
          <ThemeButton />
          <Button kind="bare" onClick={() => end(null)}>
            Sign out
          </Button>
        </div>
      </header>
      <main id="page" className="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
};
