import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createRefusalBench, type Refused } from '../support/refusals.ts';
import { ADMIN_KEY, type Answer } from '../support/running-server.ts';

const bench = createRefusalBench();
const JSON_TYPE = { headers: { 'content-type': 'application/json' } };
const MIB = 1_048_576;

const send = (text: string | Uint8Array, headers: Record<string, string> = JSON_TYPE.headers) =>
  bench.server().api('POST /v1/events', text, { headers });

/** The same refusal on REST and on /trpc, whose error has one more level. */
const expectBoth = async (text: string | Uint8Array, refused: Refused, headers = JSON_TYPE.headers) => {
  await bench.expectRefusal(() => send(text, headers), refused);
  await bench.expectRefusal(async () => {
    const answer = await bench.server().api('POST /trpc/events.send', text, { headers });
    const { error } = answer.body as unknown as { error: { data?: Answer['body']['error'] } };
    return { ...answer, body: { ...answer.body, error: error.data ?? answer.body.error } };
  }, refused);
};

const good = '{"type":"order.created","data":{}}';
const event = (data: string): string => `{"type":"order.created","data":${data}}`;

describe('what is not JSON is 415, also where it could be read as such', () => {
  it.each([
    ['text/plain', good],
    ['application/x-www-form-urlencoded', 'type=order.created&data={}'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="type"\r\n\r\na\r\n--x--',
    ],
    ['application/jsonp', good],
    ['application/octet-stream', good],
  ])('%s', async (type, text) => {
    await expectBoth(text, { status: 415, code: 'unsupported_media_type' }, { 'content-type': type });
  });

  it('no content type at all', async () => {
    await bench.expectRefusal(() => send(good, {}), { status: 415, code: 'unsupported_media_type' });
    await bench.expectRefusal(() => send(Buffer.from(good), {}), {
      status: 415,
      code: 'unsupported_media_type',
    });
  });
});

describe('a body that would not arrive as it was sent is refused on REST and on /trpc:', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['malformed', '{"type": "a", "data": {', 'invalid_json'],
    ['two values', `${good}${good}`, 'invalid_json'],
    ['a trailing comma', '{"type":"a","data":{},}', 'invalid_json'],
    ['a byte order mark', `\uFEFF${good}`, 'invalid_json'],
    ['an object nested too deeply', event('{"a":'.repeat(200) + '1' + '}'.repeat(200)), 'invalid_json'],
    ['a million brackets', event('['.repeat(1_000_000)), 'invalid_json'],
    ['bytes that are no UTF-8', Buffer.from([...Buffer.from('{"type":"a'), 0xff, 0xfe]), 'invalid_utf8'],
    ['half of a character', Buffer.from(event('{"a":"é"}')).subarray(0, -4), 'invalid_utf8'],
    ['an integer that loses digits', event('{"id":9007199254740993}'), 'number_not_representable'],
    ['a number that becomes infinite', event('{"id":1e400}'), 'number_not_representable'],
    ['a number that becomes zero', event('{"id":1e-400}'), 'number_not_representable'],
    ['a fraction that loses digits', event('{"a":[0.12345678901234567890]}'), 'number_not_representable'],
  ])('%s', async (_, text, code) => {
    await expectBoth(text, { status: 400, code });
  });

  it.each(['[]', 'null', '1', '"text"'])('%s is JSON but no object', async (text) => {
    await expectBoth(text, { status: 422, code: 'invalid_input', paths: [''] });
  });

  it('the refusal of a number quotes it as it was sent', async () => {
    const { body } = await send(event('{"id":9007199254740993}'));
    expect(body.error.message).toContain('9007199254740993');
    const query = encodeURIComponent('{"limit":90071992547409931}');
    const { text } = await bench.server().api(`GET /trpc/hooks.list?input=${query}`);
    expect(text).toContain('90071992547409931');
    expect(text).toContain('number_not_representable');
  });
});

/** Writes a body until an answer comes or everything is out; tells how many bytes the peer had to take for it. */
const pour = async (
  head: string,
  piece: Buffer,
  total: number,
): Promise<{ status: number; sent: number }> => {
  const socket: Socket = connect(bench.server().port, '127.0.0.1');
  await once(socket, 'connect');
  const answer: Buffer[] = [];
  let sent = 0;
  socket.on('data', (bytes: Buffer) => answer.push(bytes));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(
    `POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\ncontent-type: application/json\r\n${head}\r\n\r\n`,
  );
  while (answer.length === 0 && sent < total && !socket.destroyed) {
    sent += piece.length;
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'data'), closed]);
  }
  if (answer.length === 0) await Promise.race([once(socket, 'data'), closed]);
  socket.destroy();
  await closed;
  return { status: Number(Buffer.concat(answer).toString('latin1').split(' ')[1]), sent };
};

describe('a body over 1 MiB is 413', () => {
  const too_large = { status: 413, code: 'payload_too_large' };
  const text = event(`{"a":"${'x'.repeat(MIB)}"}`);

  it('on REST and on /trpc', async () => {
    await expectBoth(text, too_large);
  });

  it('and 1 MiB exactly is taken', async () => {
    const rest = event('{"a":""}').length;
    const { status } = await send(event(`{"a":"${'x'.repeat(MIB - rest)}"}`), {
      ...JSON_TYPE.headers,
      'idempotency-key': 'large',
    });
    expect(status).toBe(202);
    await bench.receiver().next();
    const one_more = event(`{"a":"${'x'.repeat(MIB - rest + 1)}"}`);
    await bench.expectRefusal(() => send(one_more), too_large);
  });

  const TOTAL = 256 * MIB;
  // What the buffers of two sockets can hold beside what is read.
  const SOCKET_BUFFERS = 24 * MIB;
  const plain = Buffer.alloc(65_536, 'x');
  const chunk = Buffer.from(`10000\r\n${plain.toString()}\r\n`);

  it.each([
    ['announced', `content-length: ${TOTAL}`, plain],
    ['in chunks', 'transfer-encoding: chunked', chunk],
  ])('%s, before it is read whole', async (_, head, piece) => {
    const { status, sent } = await pour(head, piece, TOTAL);
    expect(status).toBe(413);
    expect(sent).toBeLessThan(SOCKET_BUFFERS);
  });

  it('in a request that was made in this process, with or without a length', async () => {
    const call = (headers: Record<string, string>) =>
      bench.server().bellwire.fetch(
        new Request('http://bellwire.example/v1/events', {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_KEY}`, ...JSON_TYPE.headers, ...headers },
          body: text,
        }),
      );
    expect((await call({})).status).toBe(413);
    expect((await call({ 'content-length': String(text.length) })).status).toBe(413);
  });
});

describe('keys that mean something to JavaScript', () => {
  const data = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","a":1}';

  it.each(['/v1/events', '/trpc/events.send'])('pass through %s unharmed', async (path) => {
    const text = event(data);
    const { status } = await bench.server().api(`POST ${path as '/v1'}`, text, JSON_TYPE);
    expect([200, 202]).toContain(status);
    const call = await bench.receiver().next();
    expect(call.body.toString()).toContain(`"data":${data}}`);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const { text: listed } = await bench.server().api('GET /v1/events?limit=1');
    expect(listed).toContain(`"data":${data}`);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty'])(
    'are unknown fields beside data: %s',
    async (name) => {
      const text = `{"type":"a","data":{},"${name}":{"type":"b"}}`;
      await expectBoth(text, { status: 422, code: 'invalid_input', paths: [name] });
      const hook = `{"target_url":"https://a.example.com","events":["*"],"${name}":{"name":"b"}}`;
      await bench.expectRefusal(() => bench.server().api('POST /v1/webhooks', hook, JSON_TYPE), {
        status: 422,
        code: 'invalid_input',
        paths: [name],
      });
    },
  );
});
