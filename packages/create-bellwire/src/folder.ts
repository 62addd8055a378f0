import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Refusal } from './refusal.ts';

/** What a folder may hold and still count as empty. */
const HARMLESS = new Set(['.git', '.DS_Store']);

/**
 * The folder to make the receiver in, as an absolute path.
 * @throws Refusal when something is there already
 */
export const emptyFolder = (directory: string): string => {
  const path = resolve(directory);
  if (!existsSync(path)) return path;
  if (!statSync(path).isDirectory())
    throw new Refusal(`${directory} is a file. Name a folder that is not there yet.`);
  const found = readdirSync(path).filter((name) => !HARMLESS.has(name));
  if (found.length === 0) return path;
  const some = found.slice(0, 3).join(', ') + (found.length > 3 ? ', …' : '');
  throw new Refusal(`${directory} is not empty (${some}). Name another folder, or empty this one.`);
};

/** A package's name (npm's rules) from the folder's. */
export const packageName = (path: string): string =>
  basename(path)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[._-]+|[._-]+$/g, '') || 'receiver';
