import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { printed } from '../support/printed-receivers.ts';
import { commandOf, findProgram, skipReason } from '../support/programs.ts';
import { type ReceivedCall, startReceiver } from '../support/receiver.ts';
import { type AnswerBody, type RunningServer, startServer } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { startTlsFront } from '../support/tls-front.ts';

const curl = findProgram(['curl'], ['--version']);
const title = `the printed commands, run by curl${skipReason(curl)}`;

const [create = '', test = '', list = '', patch = '', remove = ''] = printed('resource-api-curl.txt')
  .trim()
  .split('\n\n');

interface CurlAnswer {
  readonly status: number;
  readonly body: AnswerBody & { readonly events: readonly string[]; readonly url: string };
}

/** Runs a command unchanged in a shell; a .curlrc makes curl print the status. */
const run = async (command: string): Promise<CurlAnswer> => {
  await using home = await createTemporaryFolder();
  await writeFile(home.file('.curlrc'), 'silent\nshow-error\nwrite-out = "\\n%{http_code}"\n');
  const { PATH = '' } = process.env;
  const shell = spawn('sh', ['-c', command], {
    env: { PATH, CURL_HOME: home.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
  await once(shell, 'close');
  const [, text = '', status = ''] = /^([^]*)\n(\d+)$/.exec(output) ?? [];
  return { status: Number(status), body: (text === '' ? {} : JSON.parse(text)) as CurlAnswer['body'] };
};

/** Replaces the host, the token and the example ids of a printed command, as its reader would. */
const adapt = (command: string, server: RunningServer, { key, id }: { key: string; id?: string }): string =>
  command
    .replace('https://api.example.com', server.origin)
    .replace('YOUR_TOKEN', key)
    .replace('YOUR_API_KEY', key)
    .replace('wh_abc123', id ?? 'wh_abc123')
    .replace('{id}', id ?? '{id}');

/** Creates a workspace with a dialect, and returns a key for it. */
const addWorkspace = async (server: RunningServer, dialect: string): Promise<string> => {
  const { body } = await server.api('POST /v1/workspaces', { name: `of ${dialect}`, dialect });
  const options = { headers: { 'bellwire-workspace': body.id } };
  const key = await server.api('POST /v1/api-keys', { name: 'mine' }, options);
  expect([key.status, key.body]).toMatchObject([201, { workspace_id: body.id }]);
  return key.body.api_key;
};

/** Converts a printed request to a command for curl. */
const commandFor = (print: string): string => {
  const [line = '', ...headers] = print.slice(0, print.indexOf('\n\n')).split('\n');
  const [method, path] = line.split(' ');
  return ['curl', '-X', method, `https://api.example.com${path}`, ...headers.map((h) => `-H "${h}"`)].join(
    ' ',
  );
};

const bodyOf = ({ body }: ReceivedCall) => JSON.parse(body.toString()) as Record<string, unknown>;

describe.skipIf('missing' in curl)(title, () => {
  it('are the five of the page', () => {
    expect(commandOf(curl)).toBe('curl');
    expect([create, test, list, patch, remove].map((command) => command.split('\n')[0])).toEqual([
      'curl -X POST https://api.example.com/v1/webhooks \\',
      'curl -X POST https://api.example.com/v1/webhooks/test \\',
      'curl https://api.example.com/v1/webhooks \\',
      'curl -X PATCH https://api.example.com/v1/webhooks/wh_abc123 \\',
      'curl -X DELETE https://api.example.com/v1/webhooks/wh_abc123 \\',
    ]);
  });

  it('resource-api: create, list, change and delete a webhook', async () => {
    await using server = await startServer();
    const key = await addWorkspace(server, 'resource-api');
    const created = await run(adapt(create, server, { key }));
    const { id } = created.body;
    expect(created).toMatchObject({
      status: 201,
      body: {
        url: 'https://your-app.com/webhooks',
        events: ['resource.created', 'resource.updated', 'resource.deleted'],
        secret: 'your_webhook_secret',
        dialect: 'resource-api',
        active: true,
      },
    });
    const listed = await run(adapt(list, server, { key }));
    expect([listed.status, listed.body.data.map((hook) => hook.id)]).toEqual([200, [id]]);

    const changed = await run(adapt(patch, server, { key, id }));
    const { url } = created.body;
    const body = { id, url, events: ['resource.created', 'resource.updated'], active: true };
    expect(changed).toMatchObject({ status: 200, body });
    expect(await run(adapt(remove, server, { key, id }))).toEqual({ status: 204, body: {} });
    const left = await run(adapt(list, server, { key }));
    expect([left.status, left.body.data]).toEqual([200, []]);
    expect((await run(adapt(remove, server, { key, id }))).status).toBe(404);
    expect((await run(adapt(list, server, { key: 'an-unknown-key' }))).status).toBe(401);
  });

  it('resource-api: a test sends the printed example', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver();
    const key = await addWorkspace(server, 'resource-api');
    const { id } = await server.addHook(`${receiver.origin}/webhooks`, { events: ['user.created'] }, { key });
    const delivery_id = expect.stringMatching(/^dlv_/) as string;
    const body = { success: true, message: 'Test webhook sent', delivery_id };
    expect(await run(adapt(test, server, { key, id }))).toMatchObject({ status: 200, body });
    const [print = ''] = printed('resource-api-payloads.txt').split('\n\n');
    expect(bodyOf(await receiver.next())).toEqual({
      ...(JSON.parse(print) as object),
      id: expect.stringMatching(/^evt_[0-9a-z]{26}$/) as string,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    });
  });

  it('resource-api: the creation also succeeds in a standard workspace', async () => {
    await using server = await startServer();
    const key = await addWorkspace(server, 'standard');
    expect(await run(adapt(create, server, { key }))).toMatchObject({
      status: 201,
      body: { dialect: 'standard', secret: 'your_webhook_secret' },
    });
  });

  it('connect2print: POST /api/v1/webhooks/{id}/test answers as printed and sends the printed example', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver();
    await using front = await startTlsFront(Number(new URL(receiver.origin).port));
    const key = await addWorkspace(server, 'connect2print');
    const fields = { insecure_ssl: true, events: ['order.*', 'order.created'] };
    const { id } = await server.addHook(front.origin, fields, { key });
    const print = printed('connect2print-test.txt');
    expect(commandFor(print)).toBe(
      'curl -X POST https://api.example.com/api/v1/webhooks/{id}/test -H "Authorization: Bearer YOUR_API_KEY"',
    );
    const { status, body } = await run(adapt(commandFor(print), server, { key, id }));
    const answer = JSON.parse(print.slice(print.indexOf('{\n'))) as object;
    const delivery_id = expect.stringMatching(/^dlv_/) as string;
    expect([status, body]).toMatchObject([200, { ...answer, delivery_id }]);
    expect(bodyOf(await receiver.next())).toEqual({
      ...(JSON.parse(printed('connect2print-order-created.txt')) as object),
      id: expect.stringMatching(/^wh_[0-9a-z]{12}$/) as string,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    });
  });
});
