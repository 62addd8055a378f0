// JavaScript, because an older Node does not read TypeScript, and better-sqlite3 crashes it without a message.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`This receiver needs Node 22.19 or newer; this is ${process.version}.\n`);
  process.exit(1);
}
