import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PrintedReceiver,
  printedReceivers,
  type RunningReceiver,
  runtimeOf,
  startPrinted,
  textsOf,
} from '../support/printed-receivers.ts';
import { skipReason } from '../support/programs.ts';
import { type AnswerBody, type RunningServer, startServer, until } from '../support/running-server.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';

const withoutSpace = (text: string): string => text.replaceAll(/\s/g, '');

it.each(printedReceivers)('$name is here as printed, except for white space', (receiver) => {
  const { ours, print } = textsOf(receiver);
  expect(withoutSpace(ours)).toBe(withoutSpace(print));
  expect(print.length).toBeGreaterThan(200);
});

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ settings: { retry_schedule: '0' } });
});
afterAll(() => server[Symbol.asyncDispose]());

const FINAL = ['succeeded', 'failed'];

/** Creates an active hook with the receiver's dialect. */
const addHook = async (
  { dialect, path }: PrintedReceiver,
  origin: string,
  secret: string | null,
): Promise<AnswerBody> => {
  const hook = await server.addHook(origin + path, {
    dialect,
    ...(secret === null && dialect === 'casesolved' ? {} : { secret }),
    insecure_ssl: origin.startsWith('https:'),
  });
  if (dialect !== 'casesolved') return hook;
  const validated = await server.api(`POST /v1/webhooks/${hook.id}/validate`);
  const activated = await server.api(`POST /v1/webhooks/${hook.id}/activate`);
  return { ...hook, status: `${validated.text} ${activated.status}` };
};

/** Sends the receiver's event to one hook and returns the final delivery. */
const deliver = async ({ event }: PrintedReceiver, hook_id: string): Promise<AnswerBody> => {
  const { body, text } = await server.api('POST /v1/events', { ...event, hook_ids: [hook_id] });
  expect(body.deliveries, text).toBe(1);
  const [delivery] = (await server.api(`GET /v1/deliveries?event_id=${body.id}`)).body.data;
  return server.deliveryIn(delivery!.id, ...FINAL);
};

interface Replayed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a recorded request directly to the receiver; returns its status, or `closed`. */
const replay = async (
  { port }: RunningReceiver,
  path: string,
  { headers, body }: Replayed,
): Promise<number | 'closed'> => {
  try {
    const answer = await request(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
    await answer.body.dump();
    return answer.statusCode;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'UND_ERR_SOCKET') return 'closed';
    throw error;
  }
};

const without = (headers: Replayed['headers'], name: string): Replayed['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name));

const describeReceiver = (receiver: PrintedReceiver): void => {
  const isHere = 'command' in runtimeOf(receiver);
  const { dialect, path, secret, header, refusal } = receiver;
  const refuses = secret !== null;
  let running: RunningReceiver;
  let front: TlsFront | null = null;
  let origin: string;
  let sent: Replayed;
  let hook_id: string;

  beforeAll(async () => {
    if (!isHere) return;
    running = await startPrinted(receiver);
    front = dialect === 'connect2print' ? await startTlsFront(running.port) : null;
    origin = front?.origin ?? `http://127.0.0.1:${running.port}`;
    const hook = await addHook(receiver, origin, secret);
    hook_id = hook.id;
    const { status, attempts } = await deliver(receiver, hook.id);
    const [{ request: recorded, response } = { request: undefined, response: null }] = attempts;
    expect([status, response?.status, hook.status], running.output()).toEqual([
      'succeeded',
      200,
      dialect === 'casesolved' ? expect.stringMatching(/"success":true.* 200$/) : 'active',
    ]);
    const { headers, body } = recorded!;
    sent = { headers: headers[header] === '[secret]' ? { ...headers, [header]: secret! } : headers, body };
  });
  afterAll(async () => {
    await front?.[Symbol.asyncDispose]();
    await running?.[Symbol.asyncDispose]();
  });

  it.skipIf(!isHere)('accepts the request of Bellwire, also a second time', async () => {
    expect(await replay(running, path, sent)).toBe(200);
    expect(sent.body).toContain('Zoë 世界 🎉');
    const { writes } = receiver;
    if (writes !== undefined)
      await until(
        () => Promise.resolve(running.output()),
        (text) => writes.test(text),
      );
    if (dialect !== 'q2') return;
    // A new q2 hook is pinged.
    const { data } = (await server.api(`GET /v1/webhooks/${hook_id}/deliveries?event_type=ping`)).body;
    for (const { id } of data) await server.deliveryIn(id, 'succeeded');
    expect(data).toHaveLength(1);
  });

  if (!refuses) return;

  it.skipIf(!isHere)('refuses another secret', async () => {
    const stranger = await addHook(receiver, origin, `${secret}x`);
    if (dialect === 'casesolved') {
      expect(stranger.status).toMatch(/"success":false,"outcome":"http_status 401".* 409$/);
    } else {
      const { status, attempts } = await deliver(receiver, stranger.id);
      expect([status, attempts[0]?.response?.status]).toEqual(['failed', refusal.wrong]);
    }
  });

  it.skipIf(!isHere)('refuses a request with a missing or changed header', async () => {
    expect(await replay(running, path, { ...sent, headers: without(sent.headers, header) })).toBe(
      refusal.absent,
    );
    const value = sent.headers[header]!;
    const changed = (value.startsWith('0') ? '1' : '0') + value.slice(1);
    const headers = { ...sent.headers, [header]: changed };
    expect(await replay(running, path, { ...sent, headers })).toBe(refusal.wrong);
  });

  // casesolved has no signature.
  if (dialect === 'casesolved') return;

  it.skipIf(!isHere)('refuses one changed byte', async () => {
    const body = sent.body.replace('marker-1', 'marker-2');
    expect(Buffer.byteLength(body)).toBe(Buffer.byteLength(sent.body));
    expect(body).not.toBe(sent.body);
    expect(await replay(running, path, { ...sent, body })).toBe(refusal.wrong);
    expect(await replay(running, path, sent)).toBe(200);
  });
};

// describe.each would cut off the reason.
for (const receiver of printedReceivers) {
  describe(receiver.name + skipReason(runtimeOf(receiver)), () => describeReceiver(receiver));
}
