// JavaScript, because a Node that is too old does not read TypeScript. Imported before everything else: better-sqlite3
// crashes such a Node without a word.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`This receiver needs Node 22.19 or newer; this is ${process.version}.\n`);
  process.exit(1);
}
