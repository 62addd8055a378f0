import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Bill, licenseList, withBundled } from './bill.ts';

// Writes the SBOM (CycloneDX) and the license list of every published package into its `dist`, or all of them into the
// given folder.

/** Folders in packages/, and the names of pnpm's files. */
const PUBLISHED = {
  server: 'bellwire-server',
  client: 'bellwire-client',
  cli: 'bellwire',
  verify: 'bellwire-verify',
  'create-bellwire': 'create-bellwire',
} as const;
/** Published inside of the server, without the packages that it was built from. */
const BUNDLED = { server: 'bellwire-web' } as const;

const root = new URL('../../', import.meta.url);
const [, , only] = process.argv;

const generate = async (folder: string): Promise<void> => {
  const options = ['--sbom-format', 'cyclonedx', '--sbom-spec-version', '1.6', '--prod', '--split'];
  await promisify(execFile)('pnpm', ['sbom', ...options, '--out', join(folder, '%s.json')], { cwd: root });
};

const read = async (folder: string, name: string): Promise<Bill> =>
  JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Bill;

const temporary = await mkdtemp(join(tmpdir(), 'bellwire-sbom-'));
try {
  await generate(temporary);
  for (const [folder, name] of Object.entries(PUBLISHED)) {
    const own = await read(temporary, name);
    const bill = folder in BUNDLED ? withBundled(own, await read(temporary, BUNDLED.server)) : own;
    const target =
      only === undefined ? new URL(`packages/${folder}/dist`, root).pathname : join(only, folder);
    await mkdir(target, { recursive: true });
    await writeFile(join(target, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
    await writeFile(join(target, 'licenses.md'), licenseList(bill));
  }
} finally {
  await rm(temporary, { recursive: true });
}
