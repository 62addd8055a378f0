import './design/tokens.css';
import './design/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyTheme } from './design/theme.ts';

applyTheme();
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
