import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Refusal } from './refusal.ts';

/** A folder with only these entries counts as empty. */
const IGNORED_ENTRIES = new Set(['.git', '.DS_Store']);

/**
 * The absolute path of an empty or new folder.
 * @throws Refusal if the folder is not empty, or its name is
 */
export const emptyFolder = (directory: string): string => {
  if (directory.trim() === '') throw new Refusal('The name of the folder is empty. Specify a new folder.');
  const path = resolve(directory);
  if (!existsSync(path)) return path;
  if (!statSync(path).isDirectory()) throw new Refusal(`${directory} is a file. Specify a new folder.`);
  const found = readdirSync(path).filter((name) => !IGNORED_ENTRIES.has(name));
  if (found.length === 0) return path;
  const some = found.slice(0, 3).join(', ') + (found.length > 3 ? ', …' : '');
  throw new Refusal(`${directory} is not empty (${some}). Specify another folder, or empty this one.`);
};

/** A valid npm package name from the name of a folder. */
export const packageName = (path: string): string =>
  basename(path)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[._-]+|[._-]+$/g, '') || 'receiver';
