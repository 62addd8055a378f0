import { defineConfig } from 'vite';

// No inline scripts and no `data:` assets: the page's Content-Security-Policy allows neither.
export default defineConfig({
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022' },
});
