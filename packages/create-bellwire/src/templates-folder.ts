import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Template, templates } from './choices.ts';

/** The same folder from `src/` and from `dist/`. */
const FOLDER = new URL('../dist/templates/', import.meta.url);

/**
 * The folder of a template, copied when the package was built.
 * @throws Error if the package has not been built
 */
export const templateFolder = (template: Template): string => {
  const path = fileURLToPath(new URL(templates[template].folder, FOLDER));
  if (!existsSync(path)) throw new Error(`${path} is missing: build the package first (pnpm run build).`);
  return path;
};
