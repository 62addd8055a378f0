import { expect, it } from 'vitest';
import { defineDialect } from '../../packages/server/src/dialects/define-dialect.ts';
import { isSigned } from '../../packages/server/src/dialects/is-signed.ts';

const SIGNED_AT = 1_614_265_330_000;
const secrets = ['a secret of this very test'] as const;
const body = '{"type":"a"}';

it.each([
  ['ISO 8601', (sent_at: number) => new Date(sent_at).toISOString()],
  ['milliseconds', String],
])('the inbox accepts requests that a custom dialect signs with a timestamp in %s', async (_, timestamp) => {
  const dialect = defineDialect({ name: 'own', timestamp });
  const id = 'evt_1';
  const time = timestamp(SIGNED_AT);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': time,
    'webhook-signature': dialect.sign({ id, timestamp: time, body, secrets }),
  };
  const options = { secrets, now: SIGNED_AT };
  const received = { headers, body: new TextEncoder().encode(body) };
  expect(await isSigned(dialect, received, options)).toBe(true);
  expect(await isSigned(dialect, { ...received, body: new TextEncoder().encode(`${body} `) }, options)).toBe(
    false,
  );
  const another = { ...headers, 'webhook-timestamp': timestamp(SIGNED_AT + 1) };
  expect(await isSigned(dialect, { ...received, headers: another }, options)).toBe(false);
});
