import { defineConfig } from 'tsdown';

// One file with all that it needs: `pnpm create` then downloads nothing but the package itself.
export default defineConfig({
  entry: ['src/main.ts'],
  platform: 'node',
  target: 'node20',
  fixedExtension: false,
  dts: false,
});
