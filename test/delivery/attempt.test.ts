import { expect, it } from 'vitest';
import { defineDialect } from '../../packages/server/src/dialects/define-dialect.ts';
import type { SendInput } from '../../packages/server/src/delivery/accept.ts';
import type { HookSetup } from '../support/arrange.ts';
import { createWorld, type WorldOptions } from '../support/world.ts';

/** Sends one event to one hook; returns the request and the recorded attempt. */
const attempt = async (setup: HookSetup = {}, input: Partial<SendInput> = {}, options: WorldOptions = {}) => {
  await using world = await createWorld({ ...options, hooks: [setup] });
  await world.send(input);
  await world.live(1_000);
  const [sent] = world.sent();
  const [row] = await world.arrange.attempts();
  return { request: sent!.request, row: row! };
};

const parse = (text: string): unknown => JSON.parse(text);

it('the recorded request is the sent request, byte for byte', async () => {
  const { request, row } = await attempt({}, { data: { text: 'ä𝄞\u2028</script>', z: 1, a: [1.5, null] } });
  expect(row.request_body).toBe(request.body);
  expect([row.request_method, row.request_url]).toEqual([request.method, request.url]);
  expect(parse(row.request_headers!)).toEqual(request.headers);
});

it('a secret in a header is sent in full and recorded only as its length', async () => {
  const dialects = [defineDialect({ name: 'bare', header_names: { secret: 'X-Webhook-Secret' } })];
  const setup = { dialect: 'bare', secret: 'visible-secret' };
  const { request, row } = await attempt(setup, {}, { dialects });
  expect(request.headers['X-Webhook-Secret']).toBe('visible-secret');
  expect(JSON.stringify(row)).not.toContain('visible-secret');
  expect(parse(row.request_headers!)).toMatchObject({ 'X-Webhook-Secret': { secret_length: 14 } });
});

it('the timeout is the hook’s, or else the dialect’s', async () => {
  expect((await attempt()).request.timeout_ms).toBe(15_000);
  expect((await attempt({ timeout_ms: 3_000 })).request.timeout_ms).toBe(3_000);
});
