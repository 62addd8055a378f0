import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { commandsOf, readDocPage } from '../support/doc-page.ts';
import { hasShell } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';

const page = readDocPage('docs/command-line.md');
const main = fileURLToPath(new URL('../../packages/cli/src/main.js', import.meta.url));
const run = promisify(execFile);

it.skipIf(!hasShell)(
  'every command of the page works as printed',
  async () => {
    await using receiver = await startReceiver();
    await using server = await startServer();
    const bellwire = `${server.folder}/bellwire`;
    await writeFile(bellwire, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
    await chmod(bellwire, 0o755);
    const env = {
      PATH: `${server.folder}:${process.env['PATH']}`,
      BELLWIRE_URL: server.origin,
      BELLWIRE_API_KEY: ADMIN_KEY,
      HOOK: '',
      DELIVERY: '',
    };
    const shell = async (command: string): Promise<string> => {
      const adapted = command.replace('https://your-app.com/webhooks', receiver.origin);
      return (await run('bash', ['-ceu', adapted], { cwd: server.folder, env })).stdout;
    };
    const [first = [], more = []] = page.blocks('sh').map(commandsOf);
    const outputs: string[] = [];
    for (const command of first) {
      outputs.push(await shell(command));
      if (command.includes('trigger')) await receiver.next();
    }
    expect(outputs[3]).toMatch(/evt_\w+ .*order\.created/);
    const event = JSON.parse(receiver.calls[0]!.body.toString()) as object;
    expect(event).toMatchObject({ data: { order: { id: 1, total: 499 } } });
    [env.HOOK = ''] = /wh_\w+/.exec(outputs[0]!) ?? [];
    const [delivery] = await server.deliveries(`hook_id=${env.HOOK}`);
    env.DELIVERY = delivery!.id;
    for (const command of more) expect(await shell(command), command).not.toBe('');
  },
  60_000,
);

it('the exit codes are those of the help of the program', async () => {
  const { stdout } = await runCommand(['--help']);
  const rows = page.rows('exit code').map(([code, meaning]) => `${code} ${meaning}`);
  const help = [...stdout.matchAll(/^ {2}(\d) {2}(.*)$/gm)].map(([, code, meaning]) => `${code} ${meaning}`);
  expect(rows).toEqual(help);
});
