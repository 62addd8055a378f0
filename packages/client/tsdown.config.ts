import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: './src/index.ts', verify: './src/verify/index.ts', generate: './src/generate/index.ts' },
  platform: 'neutral',
  tsconfig: 'tsconfig.publish.json',
  dts: { sourcemap: false },
  sourcemap: false,
  // `tsc -b` keeps its own output in dist/tsc.
  clean: ['dist/*.js', 'dist/*.d.ts', 'dist/*.map'],
  // Nothing of others is bundled; of the server only types are.
  deps: { neverBundle: [/^[^./@]/, /^@(?!bellwire\/)/] },
  // Else the declarations keep a bare import of every package that the server's types pass by.
  treeshake: { moduleSideEffects: false },
});
