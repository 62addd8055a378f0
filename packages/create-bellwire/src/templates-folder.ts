import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Template, templates } from './choices.ts';

/** Beside what is built, from `src/` as from `dist/`. */
const FOLDER = new URL('../dist/templates/', import.meta.url);

/**
 * Where a template's files lie, as they were when the package was built.
 * @throws Error when it was not built
 */
export const templateFolder = (template: Template): string => {
  const path = fileURLToPath(new URL(templates[template].folder, FOLDER));
  if (!existsSync(path)) throw new Error(`${path} is missing: build the package first (pnpm run build).`);
  return path;
};
