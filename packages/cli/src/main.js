#!/usr/bin/env node
// JavaScript: for a TypeScript file that is not in the cache of compiled code, Node loads a compiler, which takes 40 ms and
// 15 MB, and this file runs before there is a cache.
// Import nothing before this check: better-sqlite3 crashes the process on an old Node.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `Bellwire needs Node 22.19 or newer, and this is ${process.version}. Run npx -y pnpm@12 bellwire in a clone, which installs its own Node, or install a newer Node from https://nodejs.org.\n`,
  );
  process.exit(1);
}
// Compiled code in the folder of this package, where only its owner can write: the next start takes half the time.
const { enableCompileCache } = await import('node:module');
const { fileURLToPath } = await import('node:url');
const compiled = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
enableCompileCache(compiled);
// For threads with this environment.
process.env['NODE_COMPILE_CACHE'] ??= compiled;
if (process.argv[2] === 'serve') {
  const { keepYoungGenerationSmall } = await import('@bellwire/server/heap');
  keepYoungGenerationSmall();
}
const { run } = await import('./run.ts');
const { shellOfProcess } = await import('./frame/shell.ts');
process.exitCode = await run(process.argv.slice(2), shellOfProcess());
