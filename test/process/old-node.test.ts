import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const versionOf = (program: string): readonly number[] => {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return (/^v(\d+)\.(\d+)/.exec(stdout ?? '') ?? []).slice(1).map(Number);
};

const isTooOld = ([major = 99, minor = 0]: readonly number[]): boolean =>
  major < 22 || (major === 22 && minor < 19);

/** A Node on this machine that is too old for Bellwire. */
const oldNode = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  .map((folder) => join(folder, 'node'))
  .find((program) => isTooOld(versionOf(program)));
if (oldNode === undefined)
  console.log('the message for an old Node is not tested: there is none on this machine');

/** The program without the modules that it imports. */
const published = (): string =>
  readFileSync(new URL('../../packages/cli/src/main.js', import.meta.url), 'utf8');

test.skipIf(oldNode === undefined)(
  'a Node that is too old gets one line and exit code 1 before any import',
  async () => {
    await using folder = await createTemporaryFolder();
    writeFileSync(folder.file('main.mjs'), published());
    const { status, stdout, stderr } = spawnSync(oldNode!, [folder.file('main.mjs'), 'serve'], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^Bellwire needs Node 22\.19 or newer, and this is v\d+\.\d+\.\d+\. Run [^\n]+\n$/,
    );
  },
);

test('the current Node passes the check', async () => {
  await using folder = await createTemporaryFolder();
  writeFileSync(folder.file('main.mjs'), published());
  const { stderr } = spawnSync(process.execPath, [folder.file('main.mjs')], { encoding: 'utf8' });
  expect(stderr).toContain('ERR_MODULE_NOT_FOUND');
});
