import { existsSync, renameSync } from 'node:fs';
import DatabaseConstructor from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { OutcomeKind } from '../../packages/server/src/core/outcome.ts';
import { commandsOf, readDocPage } from '../support/doc-page.ts';
import { startServer as startInProcess } from '../support/running-server.ts';
import { startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const page = readDocPage('docs/operation.md');
const [backup = '', look = ''] = page.blocks('sh');

it('the page lists exactly the outcomes', () => {
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
  const rows = page.rows('outcome').map(([outcome = '']) => outcome.replaceAll('`', ''));
  expect(rows.toSorted()).toEqual(Object.keys(outcomes).toSorted());
});

it('the health endpoints respond, and the metrics of the alerts exist', async () => {
  await using server = await startInProcess();
  const answers: string[] = [];
  for (const command of commandsOf(look)) {
    const path = command.replace('curl -s http://127.0.0.1:4400', '') as '/healthz';
    const { status, text } = await server.api(`GET ${path}`);
    expect([command, status]).toEqual([command, 200]);
    answers.push(text);
  }
  expect(answers).toHaveLength(3);
  for (const [metric = ''] of page.rows('metric'))
    expect(answers.at(-1)).toContain(`# TYPE ${metric.replaceAll('`', '')} `);
});

it('a backup of a running server contains every earlier event, and a server starts with it', async () => {
  await using folder = await createTemporaryFolder();
  {
    await using server = await startServer({ folder: folder.path });
    const sent = await server.call('POST', '/v1/events', { type: 'order.created', data: {} });
    expect(sent.status).toBe(202);
    const [, file = '', sql = ''] = /^sqlite3 (\S+) "(.*)"\n$/.exec(backup) ?? [];
    const database = new DatabaseConstructor(folder.file(file), { readonly: true });
    database.exec(sql.replace('backup.db', folder.file('backup.db')));
    database.close();
  }
  for (const rest of ['-wal', '-shm'])
    if (existsSync(folder.file(`.bellwire/bellwire.db${rest}`)))
      renameSync(folder.file(`.bellwire/bellwire.db${rest}`), folder.file(`old${rest}`));
  renameSync(folder.file('backup.db'), folder.file('.bellwire/bellwire.db'));
  await using server = await startServer({ folder: folder.path });
  const { body } = await server.call('GET', '/v1/events');
  expect(body.data).toMatchObject([{ type: 'order.created' }]);
});

it('the systemd unit starts an existing file and allows time for the longest attempt', () => {
  const [unit = ''] = page.blocks('ini');
  const [, path = ''] = /^ExecStart=\/usr\/bin\/node \/opt\/bellwire\/(\S+) serve$/m.exec(unit) ?? [];
  expect(existsSync(new URL(`../../${path}`, import.meta.url))).toBe(true);
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(60);
});
