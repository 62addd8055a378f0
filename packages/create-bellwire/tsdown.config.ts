import { defineConfig } from 'tsdown';

// One file with all dependencies, so that `pnpm create` downloads only this package.
export default defineConfig({
  entry: ['src/main.ts'],
  platform: 'node',
  target: 'node20',
  fixedExtension: false,
  dts: false,
});
