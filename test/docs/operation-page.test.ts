import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { outcomeKinds } from '../../packages/server/src/core/outcome.ts';
import { commandLineOf, runCommand } from '../support/command-line.ts';
import { commandsOf, readDocPage } from '../support/doc-page.ts';
import { freePort } from '../support/programs.ts';
import { startServer, until } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const page = readDocPage('docs/operation.md');
const [backup = '', checks = '', missing = ''] = page.blocks('sh');

it('the table has all outcomes, and no others', () => {
  const rows = page.rows('outcome').map(([outcome = '']) => outcome);
  expect(rows.toSorted()).toEqual(outcomeKinds.toSorted());
});

it('the endpoints to monitor answer, and the metrics to alarm on exist', async () => {
  await using server = await startServer();
  const answers: string[] = [];
  for (const command of commandsOf(checks)) {
    const path = command.replace('curl -s http://127.0.0.1:4400', '') as '/healthz';
    const { status, text } = await server.api(`GET ${path}`);
    expect([command, status]).toEqual([command, 200]);
    answers.push(text);
  }
  expect(answers).toHaveLength(3);
  for (const [metric] of page.rows('metric')) expect(answers.at(-1)).toContain(`# TYPE ${metric} `);
});

it('a backup of a running server holds every earlier event, and a server starts on it', async () => {
  await using folder = await createTemporaryFolder();
  await mkdir(folder.file('.bellwire'));
  const database_file = folder.file('.bellwire/bellwire.db');
  const options = { settings: { database_url: `file:${database_file}` } };
  {
    await using server = await startServer(options);
    await server.send({ type: 'order.created' });
    const [, ...args] = backup.trim().split(' ');
    expect(await runCommand(args, { folder: folder.path })).toMatchObject({ code: 0, stderr: '' });
  }
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(database_file + suffix)) renameSync(database_file + suffix, folder.file(`old${suffix}`));
  }
  renameSync(folder.file('backup.db'), database_file);
  await using server = await startServer(options);
  const { body } = await server.api('GET /v1/events');
  expect(body.data).toMatchObject([{ type: 'order.created' }]);
});

it('the systemd unit starts an existing file, and its stop time-out exceeds the longest attempt', () => {
  const [unit = ''] = page.blocks('ini');
  const [, path = ''] = /^ExecStart=\/usr\/bin\/node \/opt\/bellwire\/(\S+) serve$/m.exec(unit) ?? [];
  expect(existsSync(new URL(`../../${path}`, import.meta.url))).toBe(true);
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(60);
});

/** A receiver in its own process, which can be killed and started again on the same port. */
const startReceiverProcess = async (port: number) => {
  const script = `require('node:http').createServer((q, r) => { q.resume(); process.stdout.write(q.headers['webhook-id'] + '\\n'); r.end(); })
    .listen(${port}, '127.0.0.1', () => process.stdout.write('listening\\n'));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  await once(reader, 'line');
  return {
    /** The ids of the events that have arrived. */
    received: () => lines.slice(1),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

it('the steps for missing webhooks bring everything that a killed receiver missed', async () => {
  const port = await freePort();
  const first = await startReceiverProcess(port);
  await using server = await startServer();
  const { bellwire } = commandLineOf(server);
  const hook = await server.addHook(`http://127.0.0.1:${port}/`, { events: ['order.*'] });
  await server.api('PUT /v1/event-types/order.created', { example: { id: 1 } });
  const send = async () => (await server.send({ type: 'order.created' })).id;
  const [accepted] = await server.deliveries(`event_id=${await send()}`);
  // Killed before its response was recorded, it would get this event again.
  await server.deliveryIn(accepted!.id, 'succeeded');
  await first.kill();
  const missed = [await send(), await send()];
  const [delivery] = await server.deliveries(`event_id=${missed[0]}`);
  await until(
    async () => (await server.api(`GET /v1/deliveries/${delivery!.id}`)).body.attempts,
    (attempts) => attempts.length > 0,
  );
  await server.api(`POST /v1/webhooks/${hook.id}/deactivate`);
  missed.push(await send());

  const run = async (command: string) => {
    const args = command.replace('$HOOK', hook.id).replace('$DELIVERY', delivery!.id).split(' ').slice(1);
    return { command, ...(await bellwire(args)) };
  };
  const [look = '', pending = '', detail = '', test = '', ...send_again] = commandsOf(missing);
  expect((await run(look)).stdout).toMatch(/^status +paused$/m);
  expect((await run(pending)).code).toBe(0);
  expect((await run(detail)).stdout).toContain('connection_failed');
  expect(await run(test)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('The receiver refused the connection') as string,
  });
  const second = await startReceiverProcess(port);
  try {
    expect(await run(test)).toMatchObject({ code: 0 });
    for (const command of send_again) expect(await run(command)).toMatchObject({ code: 0 });
    const arrived = await until(
      async () => second.received(),
      (ids) => ids.length > missed.length,
    );
    expect(arrived.slice(1).toSorted()).toEqual(missed.toSorted());
  } finally {
    await second.kill();
  }
});
