import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: './src/index.ts', verify: './src/verify.ts', generate: './src/generate/index.ts' },
  platform: 'neutral',
  tsconfig: 'tsconfig.publish.json',
  dts: { sourcemap: false },
  sourcemap: false,
  // `tsc -b` keeps its own output in dist/tsc.
  clean: ['dist/*.js', 'dist/*.d.ts', 'dist/*.map'],
  // Bundles no dependencies, and only types of the server.
  deps: { neverBundle: [/^[^./@]/, /^@(?!bellwire\/)/] },
  // Otherwise, the declarations keep bare imports of every package that the server's types use.
  treeshake: { moduleSideEffects: false },
});
