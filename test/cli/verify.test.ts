import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { receivingCases } from '../support/vectors.ts';

const {
  headers,
  body = '',
  secrets,
  now,
} = receivingCases.find(({ name }) => name === 'standard: as it is signed')!;
const [secret = ''] = secrets;
const at = new Date(now * 1000).toISOString();
const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
const flags = ['--at', at, ...lines.flatMap((line) => ['-H', line])];

describe('bellwire verify without a server', () => {
  const offline = { env: { BELLWIRE_URL: 'http://127.0.0.1:1' } };

  it('accepts a genuine request, and shows the signed bytes', async () => {
    const ended = await runCommand(['verify', ...flags, '--secret', secret], { ...offline, input: body });
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toMatch(/^The signature is valid\.\n/);
    expect(ended.stdout).toContain(`${headers['webhook-id']}.${now}.${body}`);
    expect(ended.stdout).not.toContain(secret);
  });

  it('names what happened to the body, with exit code 1', async () => {
    const input = JSON.stringify(JSON.parse(body), null, 2);
    const ended = await runCommand(['verify', ...flags, '--secret', secret], { ...offline, input });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(
      /other white space than the signed one.*\n.*first difference is at byte 1\./,
    );
    expect(ended.stderr).toMatch(/^bellwire: Not verified: The JSON has other white space/);
  });

  it('reads files, takes several secrets, and prints JSON', async () => {
    await using folder = await createTemporaryFolder();
    await writeFile(folder.file('headers'), lines.join('\r\n'));
    await writeFile(folder.file('body'), body);
    await writeFile(folder.file('secret'), `${secret}\n`);
    const files = ['--headers-file', 'headers', '--body-file', 'body', '--secret-file', 'secret'];
    const other = ['--secret', 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'];
    const args = ['verify', ...files, ...other, '--at', at, '--dialect', 'standard', '--json'];
    const ended = await runCommand(args, { ...offline, folder: folder.path });
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      verified: true,
      dialect: 'standard',
      finding: { code: 'verified_previous_secret' },
    });
  });

  it.each([
    [['verify', '--secret', 'a'], /There are no headers/],
    [['verify', '-H', 'a: b', '--dialect', 'nope'], /Unknown dialect "nope".*standard/],
    [['verify', '--headers-file', 'absent'], /--headers-file: there is no file absent/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const ended = await runCommand(args, offline);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

it('bellwire verify takes the recorded request of a delivery and the secret of its hook', async () => {
  await using receiver = await startReceiver(() => ({ status: 401 }));
  const server = await keepForFile(startServer());
  const hook = await server.addHook(receiver.origin, { max_attempts: 1 });
  await server.send({ data: { a: 1 } });
  const call = await receiver.next();
  const [delivery] = await server.deliveries(`hook_id=${hook.id}`);
  await server.deliveryIn(delivery!.id, 'failed');
  const env = { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: ADMIN_KEY };
  const recorded = await runCommand(['verify', '--delivery', delivery!.id], { env });
  expect([recorded.code, recorded.stdout]).toEqual([0, expect.stringMatching(/^The signature is valid/)]);

  const args = ['verify', '--delivery', delivery!.id, '--body-file', '-'];
  const edited = await runCommand(args, { env, input: call.body.toString().replace('1}', '2}') });
  expect([edited.code, edited.stdout]).toEqual([1, expect.stringMatching(/arrived .*\[2\]/)]);

  const sent = Object.entries(call.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const by_hook = await runCommand(['verify', '--hook', hook.id, ...sent], {
    env,
    input: call.body.toString(),
  });
  expect(by_hook.code).toBe(0);
});
