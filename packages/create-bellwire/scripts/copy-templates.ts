import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { templates } from '../src/choices.ts';
import { travelNames } from '../src/copy-template.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TO = fileURLToPath(new URL('../dist/templates/', import.meta.url));

/** What work in a template's folder leaves there. */
const LEFTOVERS = new Set(['node_modules', 'data', '.env', '.venv', '__pycache__', '.pytest_cache']);

/** The versions that the workspace's catalog gives, by package. */
const readVersions = async (): Promise<ReadonlyMap<string, string>> => {
  const text = await readFile(join(ROOT, 'pnpm-workspace.yaml'), 'utf8');
  const catalog = /^catalog:\n((?: {2}.*\n)+)/m.exec(text)?.[1] ?? '';
  const lines = [...catalog.matchAll(/^ {2}'?([^':]+)'?: (\S+)$/gm)];
  return new Map(lines.map(([, name = '', version = '']) => [name, version]));
};

/** A manifest that needs no workspace: versions in the place of `catalog:`, nothing else of the monorepo. */
const settleManifest = (text: string, versions: ReadonlyMap<string, string>): string => {
  const settled = text.replaceAll(/"([^"]+)": "catalog:"/g, (_, name: string) => {
    const version = versions.get(name);
    if (version === undefined) throw new Error(`${name} is not in the catalog of pnpm-workspace.yaml`);
    return `"${name}": "^${version}"`;
  });
  const left = /"(?:catalog|workspace|link|file):[^"]*"/.exec(settled);
  if (left !== null) throw new Error(`package.json of a template still says ${left[0]}`);
  return settled;
};

/** Copies one template as a customer is to have it. */
const copy = async (folder: string, versions: ReadonlyMap<string, string>): Promise<void> => {
  const [from, to] = [join(ROOT, 'templates', folder), join(TO, folder)];
  const isWanted = (path: string): boolean =>
    !relative(from, path)
      .split('/')
      .some((part) => LEFTOVERS.has(part) || /\.(?:pyc|tsbuildinfo)$/.test(part));
  await cp(from, to, { recursive: true, dereference: true, filter: isWanted });
  for (const [name, travels] of travelNames) await rename(join(to, name), join(to, travels));
  if (!(await readdir(to)).includes('package.json')) return;
  const manifest = join(to, 'package.json');
  await writeFile(manifest, settleManifest(await readFile(manifest, 'utf8'), versions));
};

await rm(TO, { recursive: true, force: true });
await mkdir(TO, { recursive: true });
const versions = await readVersions();
for (const { folder } of Object.values(templates)) await copy(folder, versions);
