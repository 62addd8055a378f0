import { cp, readFile, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageName } from './folder.ts';
import { type ReadmeChoices, renderReadme } from './render-readme.ts';

/** npm excludes or interprets files with these names, so they are packed under other names. */
export const packedNames: readonly (readonly [string, string])[] = [['.gitignore', '_gitignore']];

const setPackageName = async (folder: string): Promise<void> => {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return;
  const manifest = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, `${JSON.stringify({ ...manifest, name: packageName(folder) }, null, 2)}\n`);
};

/** Sets the dialect in `.env.example`, and copies that file to `.env` for local development. */
const setDialect = async (folder: string, dialect: string): Promise<void> => {
  const path = join(folder, '.env.example');
  const text = await readFile(path, 'utf8');
  const changed = text.replace(/^#?\s*WEBHOOK_DIALECT=.*$/m, `WEBHOOK_DIALECT=${dialect}`);
  if (!changed.includes(`WEBHOOK_DIALECT=${dialect}`))
    throw new Error(`${path} has no line WEBHOOK_DIALECT=`);
  await writeFile(path, changed);
  await writeFile(join(folder, '.env'), changed);
};

const fillReadme = async (folder: string, choices: ReadmeChoices): Promise<void> => {
  const path = join(folder, 'README.md');
  await writeFile(path, renderReadme(await readFile(path, 'utf8'), choices));
};

/** Copies a template to an empty or new folder, and sets its package name, dialect and README. */
export const copyTemplate = async (from: string, to: string, choices: ReadmeChoices): Promise<void> => {
  await cp(from, to, { recursive: true });
  for (const [name, packed] of packedNames) {
    if (existsSync(join(to, packed))) await rename(join(to, packed), join(to, name));
  }
  await setPackageName(to);
  await setDialect(to, choices.dialect);
  await fillReadme(to, choices);
};
