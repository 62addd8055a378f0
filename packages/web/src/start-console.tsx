import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyTheme } from './design/theme.ts';

/** Shows the console. */
export const startConsole = (root: HTMLElement): void => {
  applyTheme();
  createRoot(root).render(<App />);
};
