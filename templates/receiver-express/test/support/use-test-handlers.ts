import { registerHooks } from 'node:module';

// Replaces src/handlers.ts in a process that is started with `--import` of this file.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './handlers.ts'
      ? next(new URL('test-handlers.ts', import.meta.url).href, context)
      : next(specifier, context),
});
