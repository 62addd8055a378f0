// Nothing may be imported before this check: better-sqlite3 crashes an older Node without a word.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`This receiver needs Node 22.19 or newer; this is ${process.version}.\n`);
  process.exit(1);
}

const { run } = await import('./run.ts');
await run();
