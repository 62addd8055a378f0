import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandOf, pythonWithFlask, skipReason } from '../support/programs.ts';

const folderOf = (template: string): string =>
  fileURLToPath(new URL(`../../templates/${template}`, import.meta.url));

/** Runs a template's tests in its folder, as a customer does. */
const runIn = (template: string, command: string, args: readonly string[]) => {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, PYTHONDONTWRITEBYTECODE: '1' };
  return spawnSync(command, args, { cwd: folderOf(template), env, encoding: 'utf8', timeout: 280_000 });
};

describe('the tests that a template takes along pass in it', () => {
  it('Express', () => {
    const { status, stdout, stderr } = runIn('receiver-express', process.execPath, [
      '--test',
      '--test-reporter=dot',
      'test/**/*.test.ts',
    ]);
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  }, 300_000);

  it.skipIf('missing' in pythonWithFlask)(
    `Flask${skipReason(pythonWithFlask)}`,
    () => {
      const { status, stderr } = runIn('receiver-flask-compat', commandOf(pythonWithFlask), [
        '-m',
        'unittest',
      ]);
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      expect(stderr).toMatch(/Ran \d\d+ tests/);
    },
    300_000,
  );
});
