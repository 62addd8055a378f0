import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bill, licensesOf } from '../scripts/supply-chain/bill.ts';
import { createTemporaryFolder } from './support/temporary-folder.ts';
import { keepForFile } from './support/running-server.ts';

const root = new URL('../', import.meta.url);
const folder = await keepForFile(createTemporaryFolder());

const readText = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

const dependenciesOf = async (name: string): Promise<readonly string[]> => {
  const manifest = JSON.parse(await readText(`packages/${name}/package.json`)) as Manifest;
  return Object.keys(manifest.dependencies ?? {});
};

/** Licenses that allow everybody to use, change and redistribute the program. */
const PERMISSIVE = [
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'OFL-1.1',
  'Unlicense',
];

describe('the SBOM of', () => {
  beforeAll(async () => {
    const script = new URL('scripts/supply-chain/write.ts', root).pathname;
    await promisify(execFile)(process.execPath, [script, folder.path]);
  }, 60_000);

  it.each([
    ['server', ['server', 'web']],
    ['cli', ['cli']],
    ['client', ['client']],
    ['verify', ['verify']],
    ['create-bellwire', ['create-bellwire']],
  ])(
    '%s names everything that is installed with it, with a hash and a permissive license',
    async (name, parts) => {
      const bill = JSON.parse(await readFile(folder.file(`${name}/sbom.cdx.json`), 'utf8')) as Bill;
      const list = await readFile(folder.file(`${name}/licenses.md`), 'utf8');
      const names = bill.components.map((one) =>
        one.group === undefined ? one.name : `${one.group}/${one.name}`,
      );
      expect(names).toEqual(expect.arrayContaining((await Promise.all(parts.map(dependenciesOf))).flat()));
      for (const [at, one] of bill.components.entries()) {
        expect(PERMISSIVE, names[at]).toEqual(expect.arrayContaining([...licensesOf(one)]));
        if (one.group !== '@bellwire') expect(JSON.stringify(one), names[at]).toContain('"alg":"SHA-512"');
        expect(list).toContain(`- ${names[at]} ${one.version}`);
      }
    },
  );
});

it('every package of the lockfile comes from the registry, with a hash', async () => {
  const lockfile = await readText('pnpm-lock.yaml');
  const resolutions = [...lockfile.matchAll(/^ {4}resolution: (.*)$/gm)].map(([, text]) => text);
  expect(resolutions.length).toBeGreaterThan(100);
  for (const text of resolutions) expect(text).toMatch(/^\{integrity: sha512-[A-Za-z0-9+/]{86}==\}$/);
});

it('an install takes releases of at least three days, from one registry, and runs no script but one that is listed', async () => {
  const settings = await readText('pnpm-workspace.yaml');
  expect(Number(/^minimumReleaseAge: (\d+)$/m.exec(settings)?.[1])).toBeGreaterThanOrEqual(3 * 24 * 60);
  expect(settings).toMatch(/^registries:\n {2}default: https:\/\/registry\.npmjs\.org\/\n/m);
  expect(settings).toMatch(
    /^strictDepBuilds: true\nallowBuilds:\n {2}esbuild: true\n {2}#.*\n {2}msgpackr-extract: false\n\n/m,
  );
  expect(settings).toMatch(/^blockExoticSubdeps: true$/m);
});
