import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import type { RefusalReason } from '@bellwire/client/verify';
import { expect, it } from 'vitest';
import { commandsOf, readDocPage } from '../support/doc-page.ts';
import { packArguments, packPackage, runPnpm } from '../support/pack.ts';
import { portOf } from '../support/port-of.ts';
import { keepForFile, startServer } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { receive } from '../fixtures/receivers/fetch-handler.ts';

const page = readDocPage('docs/receivers.md');
const server = await keepForFile(startServer());

it('the table has all reasons of a refusal, and no others', () => {
  const reasons: Record<RefusalReason, true> = {
    secret_unusable: true,
    header_missing: true,
    timestamp_malformed: true,
    clock_off: true,
    signature_mismatch: true,
    body_changed: true,
    body_parsed: true,
    body_too_large: true,
  };
  const rows = page.rows('reason').map(([reason = '']) => reason);
  expect(rows.toSorted()).toEqual(Object.keys(reasons).toSorted());
});

/** Sends one event to a handler on a real socket. Resolves with the status of its answer. */
const statusFrom = async (
  handler: RequestListener,
  hook: { readonly dialect: string; readonly secret: string },
): Promise<number> => {
  const receiver = createServer(handler).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  try {
    const { id } = await server.addHook(`http://127.0.0.1:${portOf(receiver)}/webhooks`, hook);
    const { body } = await server.api(`POST /v1/webhooks/${id}/test`, { data: { object: {} } });
    const { attempts } = await server.deliveryIn(body.delivery_id, 'succeeded', 'failed');
    return attempts[0]!.response!.status;
  } finally {
    receiver.close();
    receiver.closeAllConnections();
  }
};

/** Converts a request of Node to one of Fetch, like a framework. */
const throughFetch = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = request.headers as Record<string, string>;
  const body = Buffer.concat(chunks);
  const answer = await receive(new Request('http://localhost/', { method: 'POST', headers, body }));
  response.writeHead(answer.status).end(await answer.text());
};

const handler: RequestListener = (request, response) => void throughFetch(request, response);

it('the Fetch handler accepts a delivery, and refuses another secret', async () => {
  process.env['WEBHOOK_SECRET'] = 'a secret of this test';
  const hook = { dialect: 'standard', secret: 'a secret of this test' };
  expect(await statusFrom(handler, hook)).toBe(200);
  expect(await statusFrom(handler, { ...hook, secret: 'another secret of this' })).toBe(401);
});

it('the Express handler accepts both secrets of a rotation, and refuses another', async () => {
  process.env['WEBHOOK_SECRET'] = 'the new secret of this';
  process.env['WEBHOOK_PREVIOUS_SECRET'] = 'the old secret of this';
  const { app } = await import('../fixtures/receivers/express-handler.ts');
  const statuses = [];
  for (const secret of ['the new secret of this', 'the old secret of this', 'another secret of this'])
    statuses.push(await statusFrom(app, { dialect: 'resource-api', secret }));
  expect(statuses).toEqual([200, 200, 401]);
});

it('the commands that pack the scaffolder and create a receiver work as printed', async () => {
  await using folder = await createTemporaryFolder();
  const [pack = '', make = ''] = commandsOf(page.blocks('sh').at(-1)!);
  expect(pack.split(' ')).toEqual(['npx', '-y', 'pnpm@12', ...packArguments('create-bellwire', '/tmp')]);
  await copyFile(await packPackage('create-bellwire'), folder.file('create-bellwire-0.1.0.tgz'));
  const [, create = ''] = make.split('npx -y pnpm@12 ');
  const printed = runPnpm(create.replace('/tmp', folder.path).split(' '), { cwd: folder.path });
  expect(printed).toContain('cd my-receiver');
}, 60_000);
