// Checks the prose of the repository against the word list. Path prefixes as arguments limit the check.
import { fileURLToPath } from 'node:url';
import { findAll } from './find.ts';
import { docstring, identifiers, phrases } from './word-list.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const prefixes = process.argv.slice(2);
const findings = findAll(root, [...identifiers, ...phrases, docstring]).filter(
  ({ path }) => prefixes.length === 0 || prefixes.some((prefix) => path.startsWith(prefix)),
);
for (const { path, line, found, but } of findings) {
  process.stdout.write(`${path}:${line}: "${found}" → ${but}\n`);
}
process.stdout.write(
  findings.length === 0 ? 'Prose: no findings.\n' : `Prose: ${findings.length} findings.\n`,
);
process.exitCode = findings.length === 0 ? 0 : 1;
