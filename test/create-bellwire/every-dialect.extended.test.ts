import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DialectName, receiverDialects } from '@bellwire/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPnpm } from '../support/pack.ts';
import { pythonWithFlask, skipReason } from '../support/programs.ts';
import { until } from '../support/running-server.ts';
import { type Scaffolding, startScaffolding, type Template, watchReceiver } from '../support/scaffolding.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';

const dialects = Object.keys(receiverDialects) as DialectName[];

const secretFor = (dialect: DialectName): string =>
  dialect === 'standard' || dialect === 'svix'
    ? `whsec_${randomBytes(32).toString('base64')}`
    : randomBytes(20).toString('hex');

let scaffolding: Scaffolding;

beforeAll(async () => {
  scaffolding = await startScaffolding();
}, 120_000);
afterAll(() => scaffolding[Symbol.asyncDispose]());

const install = (folder: string): void => {
  if (existsSync(join(folder, 'package.json')))
    runPnpm(['install', '--prefer-offline', '--ignore-workspace', '--prod'], { cwd: folder });
};

const noTls: Pick<TlsFront, 'origin'> & AsyncDisposable = {
  origin: '',
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Scaffolds a receiver and sends it a good, a tampered and a repeated event, with a kill -9 in between. */
const tryOut = async (template: Template, dialect: DialectName): Promise<void> => {
  const { server, scaffold } = scaffolding;
  const { path, refused } = receiverDialects[dialect];
  const began = performance.now();
  const folder = await scaffold(`${template}-${dialect}`, '--template', template, '--dialect', dialect);
  install(folder);
  const secret = secretFor(dialect);
  const receiver = await watchReceiver(folder, template, {
    WEBHOOK_SECRET: secret,
    WEBHOOK_DIALECT: dialect,
  });
  const first = await receiver.start();
  await using front = dialect === 'connect2print' ? await startTlsFront(first.port) : noTls;
  const plain = `http://127.0.0.1:${first.port}`;
  const url = (front.origin === '' ? plain : front.origin) + path;
  const hook = await server.addHook(url, {
    dialect,
    secret,
    events: [`${template}.${dialect}`],
    insecure_ssl: true,
  });
  if (dialect === 'casesolved') {
    expect((await server.api(`POST /v1/webhooks/${hook.id}/validate`)).body).toMatchObject({ success: true });
    await server.api(`POST /v1/webhooks/${hook.id}/activate`);
  }
  const send = async (n: number): Promise<string> => {
    const type = `${template}.${dialect}`;
    const sent = await server.api('POST /v1/events', { type, data: { order: { id: n } } });
    const { data } = (await server.api(`GET /v1/deliveries?event_id=${sent.body.id}`)).body;
    await server.deliveryIn(data[0]!.id, 'succeeded');
    return data[0]!.id;
  };

  // svix and slack have no field for the type, so their pings look like other events.
  if (!['svix', 'slack'].includes(dialect)) {
    const { delivery_id } = (await server.api(`POST /v1/webhooks/${hook.id}/ping`)).body;
    await server.deliveryIn(delivery_id, 'succeeded');
  }

  // Acknowledged, and killed before the handler finishes.
  receiver.hold();
  const delivery_id = await send(1);
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(
    `${template}, ${dialect}: ${seconds.toFixed(1)} s from the scaffold to a verified delivery\n`,
  );
  expect(seconds).toBeLessThan(20);
  await first[Symbol.asyncDispose]();
  expect(receiver.handled()).toEqual([]);
  receiver.release();
  await using second = await receiver.start();
  await until(
    async () => receiver.handled(),
    (lines) => lines.length === 1,
  );

  // Delivered again with a known id, then tampered with, then a new event.
  const { attempts } = (await server.api(`GET /v1/deliveries/${delivery_id}`)).body;
  await server.api(`POST /v1/deliveries/${delivery_id}/retry`);
  await server.deliveryIn(delivery_id, 'succeeded');
  const { headers, body } = attempts[0]!.request;
  const { 'content-length': _, connection: __, host: ___, ...sendable } = headers;
  const changed =
    dialect === 'casesolved'
      ? { headers: { ...sendable, 'X-Webhook-Secret': `${secret}x` }, body }
      : { headers: sendable, body: body.replace('1', '2') };
  const answer = await fetch(plain + path, { method: 'POST', ...changed });
  const text = typeof refused.body === 'string' ? refused.body : JSON.stringify(refused.body);
  expect([answer.status, (await answer.text()).trimEnd()]).toEqual([refused.status, text]);
  await send(2);
  const lines = await until(
    async () => receiver.handled(),
    (all) => all.length === 2,
  );
  expect(new Set(lines).size).toBe(2);
  expect(second.output()).not.toContain(secret);
};

describe('a scaffolded Express receiver works with a running server', () => {
  it.each(dialects)(
    '%s: handled once, through tampering, repetition and kill -9',
    (dialect) => tryOut('express', dialect),
    60_000,
  );
});

describe.skipIf('missing' in pythonWithFlask)(
  `a scaffolded Flask receiver is sent to by a running server${skipReason(pythonWithFlask)}`,
  () => {
    it.each(dialects)(
      '%s: handled once, through tampering, repetition and kill -9',
      (dialect) => tryOut('flask', dialect),
      60_000,
    );
  },
);
