import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStream } from '../support/event-stream.ts';
import { type Receiver, type ReceivedCall, startReceiver } from '../support/receiver.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';
import { readStored } from '../support/storage.ts';

const TOKEN = 'Bearer t0ken/of+the=receiver';
const SECRET = 'the current secret of the hook';
const PREVIOUS = 'the previous secret of the hook';
const IN_HEADER = 'SecretInAHeader-0815';

/** Everything that a receiver knows, as servers for debugging print it. */
const echoOf = ({ headers }: ReceivedCall, known: readonly string[]): string => {
  const texts = [...Object.values(headers), ...known];
  const dump = JSON.stringify({ headers, known });
  const encoded = texts.map((text) => [encodeURIComponent(text), new URLSearchParams({ text }).toString()]);
  return [dump, ...encoded.flat(), Buffer.from(dump).toString('base64')].join('\n');
};

/** The beginnings of the values, in every spelling that the receiver uses. */
const LEAKS = [TOKEN.slice(7), IN_HEADER, SECRET, PREVIOUS].flatMap((value) => [
  value.slice(0, 12),
  encodeURIComponent(value).slice(0, 12),
  new URLSearchParams({ value }).toString().slice(6, 18),
  ...[0, 1, 2].map((offset) =>
    Buffer.from(' '.repeat(offset) + value)
      .toString('base64')
      .slice(3, 15),
  ),
]);

const expectNoLeak = (text: string): void => {
  for (const leak of LEAKS) expect(text).not.toContain(leak);
};

let server: RunningServer;
let receiver: Receiver;
/** The secrets that the receiver has. */
let known: readonly string[];
beforeEach(async () => {
  server = await startServer({ settings: { log_level: 'debug' } });
  receiver = await startReceiver((call) => ({
    headers: { 'x-echo': call.headers['authorization'] ?? '', 'x-secret': known.join(), 'x-plain': 'kept' },
    body: echoOf(call, known),
  }));
});
afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

it.each([
  ['standard', PREVIOUS],
  ['casesolved', IN_HEADER],
])(
  'an echoed request leaves no secret in any answer, explanation, stream, log line or file (%s)',
  async (dialect, secret) => {
    const { api } = server;
    known = [secret];
    const hook = await server.addHook(receiver.origin, {
      dialect,
      secret,
      headers: { Authorization: TOKEN },
    });
    const first = await api(`POST /v1/webhooks/${hook.id}/validate`);
    await api(`POST /v1/webhooks/${hook.id}/activate`);
    if (dialect === 'standard') {
      await api(`POST /v1/webhooks/${hook.id}/rotate-secret`, { secret: SECRET });
      known = [SECRET, PREVIOUS];
    }
    await using stream = await openStream(server.origin);
    const { id } = await server.send();
    const [delivery] = await server.deliveries(`event_id=${id}`);
    const shown = await server.deliveryIn(delivery!.id, 'succeeded');
    expect(shown.attempts[0]!.response).toMatchObject({
      headers: { 'x-plain': 'kept', 'x-echo': '[secret]' },
    });
    expect(shown.attempts[0]!.response!.body).toContain('"authorization":"[secret]"');

    const answers = [
      first,
      await api(`POST /v1/webhooks/${hook.id}/test`),
      await api(`POST /v1/webhooks/${hook.id}/ping`),
      await api(`POST /v1/deliveries/${delivery!.id}/retry`),
      await api(`GET /v1/deliveries/${delivery!.id}`),
      await api('GET /v1/deliveries'),
      await api(`GET /v1/webhooks/${hook.id}`),
      await api('POST /v1/signatures/explain', {
        hook_id: hook.id,
        headers: { 'x-webhook-secret': 'another', 'webhook-signature': 'v1,AAAA', 'webhook-id': 'e' },
        body: '{}',
      }),
      await api('GET /v1/audit'),
      await api('GET /metrics'),
    ];
    expect(answers[0]!.body).toMatchObject({ success: true });
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      expectNoLeak(text);
    }
    await stream.has(({ data }) => (data as { readonly status?: string }).status === 'succeeded');
    expectNoLeak(JSON.stringify(stream.events));
    expectNoLeak(server.log_lines.join('\n'));
    for (const stored of Object.values(await readStored(server.database_url))) expectNoLeak(stored);
  },
);

it('a value that the end of the captured answer cuts off is replaced too', async () => {
  const captured = 16_384;
  for (const shown of [8, 20, TOKEN.length - 1]) {
    await using echo = await startReceiver(({ headers }) => ({
      body: `${'x'.repeat(captured - shown)}${headers['authorization'] ?? ''} and more`,
    }));
    const hook = await server.addHook(echo.origin, { headers: { Authorization: TOKEN } });
    await server.api(`POST /v1/webhooks/${hook.id}/ping`);
    const [delivery] = await server.deliveries(`webhook_id=${hook.id}`);
    const { attempts } = (await server.api(`GET /v1/deliveries/${delivery!.id}`)).body;
    expect(attempts[0]!.response!.body.slice(captured - shown)).toBe('[secret]');
  }
});
