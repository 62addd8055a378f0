import { expect, it } from 'vitest';
import type { Script } from '../support/scripted-transport.ts';
import { startVirtualServer } from '../support/virtual-server.ts';

const MINUTE = 60_000;

const iso = (time: number): string => new Date(time).toISOString();

it('lists of deliveries and hooks show what failed last, and when the next attempt is due', async () => {
  let outcome: ReturnType<Script> = { status: 503 };
  await using server = await startVirtualServer({ script: () => outcome });
  const start = server.clock.now();
  const { id } = await server.addHook('/in', { dialect: 'resource-api' });
  const hook = async () => (await server.api('GET /v1/webhooks')).body.data[0];
  const delivery = async () => (await server.api('GET /v1/deliveries')).body.data[0]!;
  expect(await hook()).toMatchObject({ last_failure: null, next_attempt_at: null });

  await server.send();
  await server.live(1);
  const refused = { last_outcome: 'http_status', last_status: 503 };
  const error = 'The receiver responded with status 503.';
  const waiting = {
    ...refused,
    status: 'pending',
    failure_reason: null,
    last_error: error,
    next_attempt_at: iso(start + MINUTE),
    url: 'https://receiver.example.com/in',
  };
  expect(await delivery()).toMatchObject(waiting);
  const first = await delivery();
  expect((await server.api(`GET /v1/deliveries/${first.id}`)).body).toMatchObject(waiting);
  expect((await server.api(`GET /v1/webhooks/${id}/deliveries`)).body.data).toEqual([first]);
  const failed = { at: iso(start), outcome: 'http_status', status: 503, error };
  const failing = { last_failure: failed, next_attempt_at: iso(start + MINUTE), consecutive_failures: 1 };
  expect(await hook()).toMatchObject(failing);
  expect(await server.hook(id)).toEqual(await hook());

  outcome = { outcome: { kind: 'connection_failed', code: 'ECONNREFUSED' } };
  await server.live(160 * MINUTE);
  const closed = 'The receiver refused the connection (ECONNREFUSED).';
  expect(await delivery()).toMatchObject({
    status: 'failed',
    failure_reason: 'exhausted',
    last_outcome: 'connection_failed',
    last_status: null,
    last_error: closed,
    next_attempt_at: null,
  });
  expect(await hook()).toMatchObject({
    status: 'disabled',
    disabled_reason: 'attempts_exhausted',
    last_failure: { outcome: 'connection_failed', status: null, error: closed },
    next_attempt_at: null,
  });

  outcome = { status: 204 };
  await server.api(`POST /v1/deliveries/${first.id}/retry`);
  const succeeded = { last_outcome: 'succeeded', last_status: 204, last_error: null, failure_reason: null };
  expect(await delivery()).toMatchObject({ status: 'succeeded', ...succeeded });
});
