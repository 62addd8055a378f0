import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { templates } from '../src/choices.ts';
import { packedNames } from '../src/copy-template.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TO = fileURLToPath(new URL('../dist/templates/', import.meta.url));

/** Files that development leaves in a template's folder. */
const LEFTOVERS = new Set(['node_modules', 'data', '.env', '.venv', '__pycache__', '.pytest_cache']);

/** The versions in the catalog of the workspace, by package. */
const readVersions = async (): Promise<ReadonlyMap<string, string>> => {
  const text = await readFile(join(ROOT, 'pnpm-workspace.yaml'), 'utf8');
  const catalog = /^catalog:\n((?: {2}.*\n)+)/m.exec(text)?.[1] ?? '';
  const lines = [...catalog.matchAll(/^ {2}'?([^':]+)'?: (\S+)$/gm)];
  return new Map(lines.map(([, name = '', version = '']) => [name, version]));
};

/** A manifest for use outside the workspace, with versions instead of `catalog:`. */
const standaloneManifest = (text: string, versions: ReadonlyMap<string, string>): string => {
  const manifest = text.replaceAll(/"([^"]+)": "catalog:"/g, (_, name: string) => {
    const version = versions.get(name);
    if (version === undefined) throw new Error(`${name} is not in the catalog of pnpm-workspace.yaml`);
    return `"${name}": "^${version}"`;
  });
  const left = /"(?:catalog|workspace|link|file):[^"]*"/.exec(manifest);
  if (left !== null) throw new Error(`package.json of a template still contains ${left[0]}`);
  return manifest;
};

/** Copies a template in the form in which customers get it. */
const copy = async (folder: string, versions: ReadonlyMap<string, string>): Promise<void> => {
  const [from, to] = [join(ROOT, 'templates', folder), join(TO, folder)];
  const isIncluded = (path: string): boolean =>
    !relative(from, path)
      .split('/')
      .some((part) => LEFTOVERS.has(part) || /\.(?:pyc|tsbuildinfo)$/.test(part));
  await cp(from, to, { recursive: true, dereference: true, filter: isIncluded });
  for (const [name, packed] of packedNames) await rename(join(to, name), join(to, packed));
  if (!(await readdir(to)).includes('package.json')) return;
  const manifest = join(to, 'package.json');
  await writeFile(manifest, standaloneManifest(await readFile(manifest, 'utf8'), versions));
};

await rm(TO, { recursive: true, force: true });
await mkdir(TO, { recursive: true });
const versions = await readVersions();
for (const { folder } of Object.values(templates)) await copy(folder, versions);
