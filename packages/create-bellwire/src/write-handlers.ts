import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogType } from '@bellwire/client/generate';
import type { Template } from './choices.ts';
import { printPythonHandlers } from './print-python.ts';
import { printEvents, printHandlers } from './print-typescript.ts';

const filesFor: Readonly<
  Record<Template, (catalog: readonly CatalogType[]) => Readonly<Record<string, string>>>
> = {
  express: (catalog) => ({
    'src/events.ts': printEvents(catalog),
    'src/handlers.ts': printHandlers(catalog),
  }),
  flask: (catalog) => ({ 'receiver/handlers.py': printPythonHandlers(catalog) }),
};

/** Replaces the event types and handlers of the template by those for a catalog. */
export const writeHandlers = async (
  folder: string,
  template: Template,
  catalog: readonly CatalogType[],
): Promise<void> => {
  const sorted = catalog.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const [path, text] of Object.entries(filesFor[template](sorted))) {
    await writeFile(join(folder, path), text);
  }
};
