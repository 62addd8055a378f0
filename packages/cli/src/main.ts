#!/usr/bin/env node
// Nothing may be imported before this check: better-sqlite3 crashes the process on a Node that is too old.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `Bellwire needs Node 22.19 or newer, and this is ${process.version}. Try: npx -y pnpm@12 bellwire, which brings its own Node, in a clone of Bellwire; or get a newer one from https://nodejs.org.\n`,
  );
  process.exit(1);
}
const { run } = await import('./run.ts');
const { shellOfProcess } = await import('./frame/shell.ts');
process.exitCode = await run(process.argv.slice(2), shellOfProcess());

export {};
