import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { commandsOf, readDocPage } from '../support/doc-page.ts';
import { hasShell } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const page = readDocPage('docs/command-line.md');
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const run = promisify(execFile);

it.skipIf(!hasShell)(
  'every command on the page works as printed',
  async () => {
    await using folder = await createTemporaryFolder();
    await using receiver = await startReceiver();
    await using server = await startServer({ folder: folder.path });
    await writeFile(folder.file('bellwire'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
    await chmod(folder.file('bellwire'), 0o755);
    const { PATH = '' } = process.env;
    const env = {
      PATH: `${folder.path}:${PATH}`,
      BELLWIRE_URL: server.url,
      BELLWIRE_API_KEY: ADMIN_KEY,
      HOOK: '',
    };
    const shell = async (command: string): Promise<string> => {
      const runnable = command.replace('https://your-app.com/webhooks', receiver.origin);
      return (await run('bash', ['-ceu', runnable], { cwd: folder.path, env })).stdout;
    };
    const [round = [], more = []] = page.blocks('sh').map(commandsOf);
    const outputs: string[] = [];
    for (const command of round) {
      outputs.push(await shell(command));
      if (command.includes('trigger')) await receiver.next();
    }
    const [hook = ''] = /wh_\w+/.exec(outputs[0]!) ?? [];
    expect(outputs[3]).toMatch(/evt_\w+ .*order\.created/);
    expect(JSON.parse(receiver.calls[0]!.body.toString())).toMatchObject({
      data: { order: { id: 1, total: 499 } },
    });
    env.HOOK = hook;
    for (const command of more) expect(await shell(command), command).not.toBe('');
  },
  60_000,
);

it('the exit codes are those of --help', async () => {
  const { stdout } = await run(process.execPath, [main, '--help']);
  const rows = page.rows('exit code').map(([code, meaning]) => `${code} ${meaning}`);
  const documented = [...stdout.matchAll(/^ {2}(\d) {2}(.*)$/gm)].map(
    ([, code, meaning]) => `${code} ${meaning}`,
  );
  expect(rows).toEqual(documented);
});
