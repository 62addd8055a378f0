import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { answers, startDnsServer } from '../support/dns-server.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { replies } from '../support/receiver-behaviours.ts';
import { connectionIsIdle, createTransportHarness } from '../support/transport-harness.ts';

const NAME = 'moving.example.com';
const AGE_MS = 400;

it('a connection that is always in use is replaced at its maximum age, and then a changed DNS answer takes effect', async () => {
  let address = '127.0.0.1';
  await using dns = await startDnsServer({ [NAME]: (type, nth) => answers([address])(type, nth) });
  await using before = await startFaultyReceiver({ '/': replies(200, 'before') });
  const at = { host: '127.0.0.2', port: before.port };
  await using after = await startFaultyReceiver({ '/': replies(200, 'after') }, at);
  await using harness = createTransportHarness({ dns, max_connection_age_ms: AGE_MS });
  const url = `http://${NAME}:${before.port}/`;
  const send = async () => {
    const { outcome, remote_address } = await harness.send(url);
    expect(outcome).toEqual({ kind: 'succeeded' });
    await connectionIsIdle();
    return remote_address;
  };
  const started = performance.now();
  expect(await send()).toBe('127.0.0.1');
  address = '127.0.0.2';
  while ((await send()) === '127.0.0.1') await delay(10);
  const age_ms = performance.now() - started;
  expect(age_ms).toBeGreaterThan(AGE_MS - 50);
  expect(age_ms).toBeLessThan(AGE_MS + 1500);
  expect(before.connections()).toBe(1);
  expect(after.connections()).toBe(1);
});
