import { readFile, writeFile } from 'node:fs/promises';
import { receiverDialects } from '../src/verify.ts';

// `pnpm copies` writes the templates' copies of the verifier, its table and its cases; `--check` only compares them.

const read = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), 'utf8');

const rows = Object.entries(receiverDialects).map(
  ([name, dialect]) => `  ${JSON.stringify(name)}: ${JSON.stringify(dialect)}`,
);
const [source, cases] = await Promise.all([read('src/verify.ts'), read('cases.json')]);

const copies: Readonly<Record<string, string>> = {
  'receiver-express/src/verify.ts': source,
  'receiver-express/test/cases.json': cases,
  'receiver-flask-compat/receiver/dialects.json': `{\n${rows.join(',\n')}\n}\n`,
  'receiver-flask-compat/tests/cases.json': cases,
};

for (const [path, text] of Object.entries(copies)) {
  const url = new URL(`../../../templates/${path}`, import.meta.url);
  if (!process.argv.includes('--check')) await writeFile(url, text);
  else if ((await readFile(url, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(`templates/${path} is not a copy of packages/verify. Run \`pnpm copies\`.\n`);
    process.exitCode = 1;
  }
}
