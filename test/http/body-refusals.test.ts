import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Refused, startRefusalBench } from '../support/refusals.ts';
import { ADMIN_KEY } from '../support/running-server.ts';

const { api, port, bellwire, receiver, expectRefused } = await startRefusalBench();
const JSON_TYPE = { 'content-type': 'application/json' };
const MIB = 1_048_576;

const send = (text: string, headers: Record<string, string> = JSON_TYPE) =>
  api('POST /v1/events', text, { headers });

const expectBothRefused = async (refused: Refused, text: string | Uint8Array, headers = JSON_TYPE) => {
  await expectRefused(refused, 'POST /v1/events', text, { headers });
  await expectRefused(refused, 'POST /trpc/events.send', text, { headers });
};

const good = '{"type":"order.created","data":{}}';
const event = (data: string): string => `{"type":"order.created","data":${data}}`;

describe('a content type other than JSON gets 415, even if the body is valid JSON:', () => {
  const refused: Refused = { status: 415, code: 'unsupported_media_type' };

  it.each([
    ['text/plain', good],
    ['application/x-www-form-urlencoded', 'type=order.created&data={}'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="type"\r\n\r\na\r\n--x--',
    ],
    ['application/jsonp', good],
    ['application/octet-stream', good],
  ])('%s', (type, text) => expectBothRefused(refused, text, { 'content-type': type }));

  it.each([good, Buffer.from(good)])('no content type', async (body) => {
    await expectRefused(refused, 'POST /v1/events', body);
  });
});

describe('a body that could not be delivered as it was sent is refused on REST and on /trpc:', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['malformed', '{"type": "a", "data": {', 'invalid_json'],
    ['two values', `${good}${good}`, 'invalid_json'],
    ['a trailing comma', '{"type":"a","data":{},}', 'invalid_json'],
    ['a byte order mark', `\uFEFF${good}`, 'invalid_json'],
    ['an object nested too deeply', event('{"a":'.repeat(200) + '1' + '}'.repeat(200)), 'invalid_json'],
    ['a million brackets', event('['.repeat(1_000_000)), 'invalid_json'],
    ['bytes that are not UTF-8', Buffer.from([...Buffer.from('{"type":"a'), 0xff, 0xfe]), 'invalid_utf8'],
    ['half of a character', Buffer.from(event('{"a":"é"}')).subarray(0, -4), 'invalid_utf8'],
    ['an integer that loses digits', event('{"id":9007199254740993}'), 'number_not_representable'],
    ['a number that becomes infinite', event('{"id":1e400}'), 'number_not_representable'],
    ['a number that becomes zero', event('{"id":1e-400}'), 'number_not_representable'],
    ['a fraction that loses digits', event('{"a":[0.12345678901234567890]}'), 'number_not_representable'],
  ])('%s', (_, text, code) => expectBothRefused({ status: 400, code }, text));

  it.each(['[]', 'null', '1', '"text"'])('%s is JSON but not an object', (text) =>
    expectBothRefused({ status: 422, code: 'invalid_input', paths: [''] }, text),
  );

  it('the refusal of a number quotes it as it was sent', async () => {
    const { body } = await send(event('{"id":9007199254740993}'));
    expect(body.error.message).toContain('9007199254740993');
    const query = encodeURIComponent('{"limit":90071992547409931}');
    const { text } = await api(`GET /trpc/hooks.list?input=${query}`);
    expect(text).toContain('90071992547409931');
    expect(text).toContain('number_not_representable');
  });
});

/** Writes pieces until an answer arrives or `total` bytes are written. Reports how many bytes it could write. */
const pour = async (
  head: string,
  piece: Buffer,
  total: number,
): Promise<{ status: number; sent: number }> => {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const answer: Buffer[] = [];
  let sent = 0;
  socket.on('data', (bytes: Buffer) => answer.push(bytes));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(
    `POST /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${ADMIN_KEY}\r\ncontent-type: application/json\r\n${head}\r\n\r\n`,
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

describe('a body over 1 MiB gets 413', () => {
  const too_large = { status: 413, code: 'payload_too_large' };
  const text = event(`{"a":"${'x'.repeat(MIB)}"}`);

  it('on REST and on /trpc', () => expectBothRefused(too_large, text));

  it('and exactly 1 MiB is accepted', async () => {
    const fill = MIB - event('{"a":""}').length;
    const headers = { ...JSON_TYPE, 'idempotency-key': 'large' };
    expect((await send(event(`{"a":"${'x'.repeat(fill)}"}`), headers)).status).toBe(202);
    await receiver.next();
    const one_more = event(`{"a":"${'x'.repeat(fill + 1)}"}`);
    await expectRefused(too_large, 'POST /v1/events', one_more, { headers: JSON_TYPE });
  });

  const TOTAL = 256 * MIB;
  // The capacity of the buffers of two sockets, which fill without being read.
  const SOCKET_BUFFERS = 24 * MIB;
  const plain = Buffer.alloc(65_536, 'x');
  const chunk = Buffer.from(`10000\r\n${plain.toString()}\r\n`);

  it.each([
    ['announced', `content-length: ${TOTAL}`, plain],
    ['in chunks', 'transfer-encoding: chunked', chunk],
  ])('%s, before it is read completely', async (_, head, piece) => {
    const { status, sent } = await pour(head, piece, TOTAL);
    expect(status).toBe(413);
    expect(sent).toBeLessThan(SOCKET_BUFFERS);
  });

  it.each([{}, { 'content-length': String(text.length) }])(
    'in a request created in this process, with the headers %o',
    async (length) => {
      const headers = { authorization: `Bearer ${ADMIN_KEY}`, ...JSON_TYPE, ...length };
      const init = { method: 'POST', headers, body: text };
      const { status } = await bellwire.fetch(new Request('http://bellwire.example/v1/events', init));
      expect(status).toBe(413);
    },
  );
});

describe('keys that mean something to JavaScript', () => {
  const data = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","a":1}';

  it.each(['/v1/events', '/trpc/events.send'] as const)('pass through %s unharmed', async (path) => {
    const { status } = await api(`POST ${path}`, event(data), { headers: JSON_TYPE });
    expect([200, 202]).toContain(status);
    const call = await receiver.next();
    expect(call.body.toString()).toContain(`"data":${data}}`);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const { text: listed } = await api('GET /v1/events?limit=1&include=data');
    expect(listed).toContain(`"data":${data}`);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty'])(
    'are unknown fields beside data: %s',
    async (name) => {
      const refused: Refused = { status: 422, code: 'invalid_input', paths: [name] };
      await expectBothRefused(refused, `{"type":"a","data":{},"${name}":{"type":"b"}}`);
      const hook = `{"target_url":"https://a.example.com","events":["*"],"${name}":{"name":"b"}}`;
      await expectRefused(refused, 'POST /v1/webhooks', hook, { headers: JSON_TYPE });
    },
  );
});
