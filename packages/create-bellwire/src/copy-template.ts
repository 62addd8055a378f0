import { cp, readFile, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageName } from './folder.ts';

/** npm leaves these out of a package or gives them a meaning, so they travel under other names. */
export const travelNames: readonly (readonly [string, string])[] = [['.gitignore', '_gitignore']];

const setPackageName = async (folder: string): Promise<void> => {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return;
  const manifest = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, `${JSON.stringify({ ...manifest, name: packageName(folder) }, null, 2)}\n`);
};

/** Puts the dialect into `.env.example`, and a copy of that at `.env` for local work. */
const setDialect = async (folder: string, dialect: string): Promise<void> => {
  const path = join(folder, '.env.example');
  const text = await readFile(path, 'utf8');
  const changed = text.replace(/^#?\s*WEBHOOK_DIALECT=.*$/m, `WEBHOOK_DIALECT=${dialect}`);
  if (!changed.includes(`WEBHOOK_DIALECT=${dialect}`))
    throw new Error(`${path} has no line WEBHOOK_DIALECT=`);
  await writeFile(path, changed);
  await writeFile(join(folder, '.env'), changed);
};

/** Copies a template into a folder that is empty or not there, and makes it that folder's own. */
export const copyTemplate = async (from: string, to: string, dialect: string): Promise<void> => {
  await cp(from, to, { recursive: true });
  for (const [name, travels] of travelNames) {
    if (existsSync(join(to, travels))) await rename(join(to, travels), join(to, name));
  }
  await setPackageName(to);
  await setDialect(to, dialect);
};
