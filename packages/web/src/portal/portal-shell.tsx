import type { ReactNode } from 'react';
import { Link, useRoute } from 'wouter';
import { visibleText } from '../design/visible-text.ts';
import { useWords } from '../words/words.ts';
import { logoOf, webAddress } from './portal-link.ts';
import type { PortalSession } from './portal-session.ts';
import './portal.css';

const PortalLink = ({ to, children }: { readonly to: string; readonly children: string }) => {
  const [active] = useRoute(`${to}/*?`);
  return (
    <Link href={to} className="portal-link" aria-current={active ? 'page' : undefined}>
      {children}
    </Link>
  );
};

const focusPage = (): void => document.getElementById('page')?.focus();

interface PortalShellProps {
  readonly session: PortalSession;
  readonly children: ReactNode;
}

/** The frame of the pages of one customer: whose they are, where to go, and the way back. */
export const PortalShell = ({ session: { theme, return_url, read_only }, children }: PortalShellProps) => {
  const words = useWords();
  const logo = logoOf(theme);
  const back = webAddress(return_url);
  const name = theme.name === undefined ? null : visibleText(theme.name);
  return (
    <div className="portal">
      <button type="button" className="skip" onClick={focusPage}>
        {words.portal.skip}
      </button>
      <header className="portal-head">
        {logo === null ? null : <img className="portal-logo" src={logo} alt="" />}
        <span className="portal-name cut">{name ?? words.portal.unnamed}</span>
        <nav className="portal-nav" aria-label={words.portal.pages}>
          <PortalLink to="/webhooks">{words.webhooks.title}</PortalLink>
          <PortalLink to="/deliveries">{words.deliveries.title}</PortalLink>
        </nav>
        {back === null ? null : (
          <a className="portal-back" href={back} target="_top">
            ← {words.portal.back}
          </a>
        )}
      </header>
      {read_only ? <p className="portal-note">{words.portal.read_only}</p> : null}
      <main id="page" className="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
};
