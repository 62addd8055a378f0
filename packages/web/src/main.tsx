import './design/tokens.css';
import './design/base.css';

const start = async (root: HTMLElement): Promise<void> => {
  // The portal is the page of a customer: it loads nothing of the operator's.
  if (/^\/portal\/?$/.test(location.pathname))
    await (await import('./portal/start-portal.tsx')).startPortal(root);
  else (await import('./start-console.tsx')).startConsole(root);
};

const root = document.getElementById('root');
if (root !== null) void start(root);
