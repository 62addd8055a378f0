import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: './src/index.ts', verify: './src/verify.ts', generate: './src/generate/index.ts' },
  platform: 'neutral',
  tsconfig: 'tsconfig.publish.json',
  dts: { sourcemap: false },
  sourcemap: false,
  // `tsc -b` keeps its own output in dist/tsc.
  clean: ['dist/*.js', 'dist/*.d.ts', 'dist/*.map'],
  // Only @bellwire/verify and the server's types are bundled.
  deps: { neverBundle: [/^[^./@]/, /^@(?!bellwire\/)/] },
  // Else the declarations keep a bare import of every package that the server's types pass by.
  treeshake: { moduleSideEffects: false },
});
