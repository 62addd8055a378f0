import { existsSync, renameSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { OutcomeKind } from '../../packages/server/src/core/outcome.ts';
import { runCommand } from '../support/command-line.ts';
import { commandsOf, readDocPage } from '../support/doc-page.ts';
import { startServer } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const page = readDocPage('docs/operation.md');
const [backup = '', checks = ''] = page.blocks('sh');

it('the table has all outcomes, and no others', () => {
  const outcomes: Record<OutcomeKind, true> = {
    succeeded: true,
    http_status: true,
    timeout: true,
    connection_failed: true,
    tls_failed: true,
    dns_failed: true,
    address_blocked: true,
    response_invalid: true,
    interrupted: true,
  };
  const rows = page.rows('outcome').map(([outcome = '']) => outcome);
  expect(rows.toSorted()).toEqual(Object.keys(outcomes).toSorted());
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
