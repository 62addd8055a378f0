import { createRoot } from 'react-dom/client';
import { languageOf, loadLanguage } from '../words/languages.ts';
import { PortalApp } from './portal-app.tsx';
import { followScheme } from './portal-theme.ts';
import { takeToken } from './use-portal-session.ts';

/** Shows the portal in the language and scheme of the address, or else of the browser. */
export const startPortal = async (root: HTMLElement): Promise<void> => {
  const token = takeToken();
  const params = new URLSearchParams(location.search);
  followScheme(params.get('theme'));
  const wanted = params.get('lang');
  const language = languageOf(wanted === null ? navigator.languages : [wanted, ...navigator.languages]);
  const words = await loadLanguage(language);
  document.documentElement.lang = language;
  document.title = words.portal.unnamed;
  createRoot(root).render(<PortalApp words={words} token={token} />);
};
