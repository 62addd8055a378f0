import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { standard } from '../../packages/server/src/dialects/standard.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { DISABLE_WHEN_FAILING, STANDARD_DELAYS_MS } from '../../packages/server/src/core/retry-schedule.ts';
import acmeConfig from '../fixtures/acme.config.ts';
import orchardConfig from '../fixtures/orchard.config.ts';
import { isGenuine } from '../fixtures/is-genuine.ts';
import { commandsOf, readDocPage, runShell } from '../support/doc-page.ts';
import { hasShell } from '../support/programs.ts';
import { type ReceivedCall, startReceiver } from '../support/receiver.ts';
import { keepForFile, startServer, until } from '../support/running-server.ts';
import { ADMIN_KEY, startServer as startProcess } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

if (!hasShell) console.log('bash or curl is not installed: the printed commands are skipped');

const page = readDocPage('docs/dialects.md');
const secretsPage = readDocPage('docs/secrets.md');
const SPACE = Buffer.from(' ');
const [orchard = ''] = page.blocks('ts');

describe('the tables of the page', () => {
  it('list every built-in dialect with its signature header, id and number of attempts', () => {
    const dialects = createDialects();
    const rows = page.rows('dialect');
    expect(rows.map(([name = '']) => name).toSorted()).toEqual([...dialects.keys()].toSorted());
    for (const [name = '', , signature, id, attempts = ''] of rows) {
      const { header_names, retry } = dialects.get(name)!;
      expect(signature!.split(',')[0]).toBe(header_names.signature ?? header_names.secret);
      expect(id).toBe(header_names.id ?? 'id in the body');
      expect(Number.parseInt(attempts, 10)).toBe(retry.delays_ms.length);
    }
  });

  it('state the retry schedule and the disabling rule of the code', () => {
    const [, second, ...minutes] = STANDARD_DELAYS_MS;
    expect([second, ...minutes.slice(0, 2)]).toEqual([5_000, 300_000, 1_800_000]);
    const hours = minutes.slice(2).map((delay) => delay / 3_600_000);
    expect(page.text.replaceAll(/\s+/g, ' ')).toContain(
      `at once, then after 5 seconds, 5 and 30 minutes, ${hours.slice(0, -1).join(', ')} and ${hours.at(-1)} hours`,
    );
    expect(DISABLE_WHEN_FAILING).toMatchObject({ for_ms: 5 * 24 * 3_600_000, min_attempts: 20 });
  });

  it('list every field of a dialect, and no others', () => {
    const listed = page.rows('field').map(([field = '']) => field);
    expect(listed.toSorted()).toEqual(Object.keys(standard).toSorted());
  });
});

const folder = await keepForFile(createTemporaryFolder());
writeFileSync(folder.file('bellwire.config.ts'), orchard);
const server = await keepForFile(startProcess({ folder: folder.path }));

/** Verifies a request as the page specifies it for receivers of `orchard`. */
const isFromOrchard = (
  { headers, body }: Pick<ReceivedCall, 'headers' | 'body'>,
  secret: string,
): boolean => {
  const hmac = createHmac('sha256', Buffer.from(secret, 'utf8'));
  hmac.update(`${headers['x-orchard-timestamp']}.`).update(body);
  return headers['x-orchard-signature'] === hmac.digest('hex');
};

describe('the dialect of the page', () => {
  it.skipIf(!hasShell)('and every command of both pages work as printed', async () => {
    await using receiver = await startReceiver();
    const env: Record<string, string> = { KEY: ADMIN_KEY };
    const shell = (command: string) => runShell(command, { url: server.url, receiver: receiver.origin, env });
    const [choose = '', schedule = '', rotate = '', recover = '', own = ''] = page.blocks('sh');

    const [github, workspace] = commandsOf(choose);
    const hook = await shell(github!);
    expect(hook).toMatchObject({ dialect: 'github', status: 'active' });
    expect(await shell(workspace!)).toMatchObject({ name: 'partners', dialect: 'resource-api' });
    env['HOOK'] = String(hook['id']);

    expect(await shell(schedule)).toMatchObject(JSON.parse(page.blocks('json')[0]!));

    const [rotating, switching] = commandsOf(rotate);
    const { secret } = await shell(rotating!);
    expect(secret).not.toBe(hook['secret']);
    expect(await shell(switching!)).toMatchObject({ id: hook['id'] });
    const [dry, wet] = commandsOf(recover);
    expect(await shell(dry!)).toMatchObject({ id: null, total: 0 });
    expect(await shell(wet!)).toMatchObject({ status: 'running' });

    const [reveal, audit, again, switchAgain] = secretsPage.blocks('sh').flatMap(commandsOf);
    expect(await shell(reveal!)).toEqual({ secret, previous: [] });
    expect(await shell(again!)).toMatchObject({ id: hook['id'] });
    expect(await shell(switchAgain!)).toMatchObject({ id: hook['id'] });
    const { data } = (await shell(audit!)) as { data: readonly { readonly action: string }[] };
    expect(data.map(({ action }) => action.split('.')[1])).toEqual([
      'switched',
      'rotated',
      'revealed',
      'switched',
      'rotated',
      'updated',
      'created',
    ]);

    await server.call('DELETE', `/v1/webhooks/${env['HOOK']}`);
    const [creating, sending] = commandsOf(own);
    const created = await shell(creating!);
    expect(created['secret']).toMatch(/^orch_[0-9a-f]{48}$/);
    const event = await shell(sending!);
    const call = await receiver.next();
    expect(call.method).toBe('POST');
    expect(call.body.toString()).toBe(
      JSON.stringify({
        kind: 'apple.picked',
        happened_at: event['occurred_at'],
        payload: { tree: 7, apples: ['Boskoop', 'Gala'] },
      }),
    );
    expect(call.headers['x-orchard-event']).toBe(event['id']);
    expect(Math.abs(Number(call.headers['x-orchard-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    expect(isFromOrchard(call, String(created['secret']))).toBe(true);
    expect(isFromOrchard(call, 'orch_another')).toBe(false);
    expect(
      isFromOrchard({ ...call, body: Buffer.concat([call.body, SPACE]) }, String(created['secret'])),
    ).toBe(false);
    const old = { ...call.headers, 'x-orchard-timestamp': '1700000000' };
    expect(isFromOrchard({ ...call, headers: old }, String(created['secret']))).toBe(false);
  });

  it('enforces its rules for secrets and retries', async () => {
    await using receiver = await startReceiver(() => ({ status: 500 }));
    const hook = { url: receiver.origin, events: ['pear.picked'], dialect: orchardConfig.dialects[0]!.name };
    for (const secret of [null, 'without the prefix']) {
      const { status, body } = await server.call('POST', '/v1/webhooks', { ...hook, secret });
      expect([status, body.error.issues]).toMatchObject([422, [{ path: 'secret' }]]);
    }
    await server.call('POST', '/v1/webhooks', hook);
    await server.call('POST', '/v1/events', { type: 'pear.picked', data: {} });
    await receiver.next();
    const [delivery] = await until(
      async () =>
        (await server.call('GET', '/v1/deliveries?status=pending&event_type=pear.picked')).body.data,
      (list) => list.length === 1,
    );
    const wait_s = (Date.parse(delivery.next_attempt_at) - Date.parse(delivery.updated_at)) / 1000;
    expect(wait_s).toBeGreaterThanOrEqual(60);
    expect(wait_s).toBeLessThanOrEqual(75);
  });
});

it('the second config renames the headers of GitHub for every hook of the server', async () => {
  const { dialects, dialect } = acmeConfig;
  await using acme = await startServer({ parts: { dialects }, settings: { dialect } });
  await using receiver = await startReceiver();
  const body = await acme.addHook(receiver.origin);
  expect(body).toMatchObject({ dialect: 'acme' });
  await acme.send({ type: 'push', data: { ref: 'main' } });
  const { headers, body: sent } = await receiver.next();
  expect(sent.toString()).toBe('{"ref":"main"}');
  expect(headers['x-acme-event']).toBe('push');
  expect(headers['x-acme-delivery']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const digest = createHmac('sha256', body.secret).update(sent).digest('hex');
  expect(headers['x-acme-signature-256']).toBe(`sha256=${digest}`);
  expect(Object.keys(headers).filter((name) => /github|hub/.test(name))).toEqual([]);
});

it('the printed verifier accepts a delivery under either secret of a rotation, and refuses any change', async () => {
  await using in_process = await startServer();
  await using receiver = await startReceiver();
  const hook = await in_process.addHook(receiver.origin);
  const rotated = await in_process.api(`POST /v1/webhooks/${hook.id}/rotate-secret`, {});
  await in_process.send({ data: { text: 'Grüße' } });
  const { body, headers } = await receiver.next();
  for (const secret of [hook.secret, rotated.body.secret])
    expect(isGenuine(body, headers, secret)).toBe(true);
  const { secret } = hook;
  expect(isGenuine(body, headers, `whsec_${Buffer.alloc(32).toString('base64')}`)).toBe(false);
  expect(isGenuine(Buffer.concat([body, SPACE]), headers, secret)).toBe(false);
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    for (const value of [undefined, '', 'x', '1700000000']) {
      expect(isGenuine(body, { ...headers, [name]: value }, secret), `${name}: ${value}`).toBe(false);
    }
  }
});
