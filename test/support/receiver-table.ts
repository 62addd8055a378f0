import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Behaviour } from './faulty-receiver.ts';
import {
  dripsBody,
  dripsHeaders,
  neverReplies,
  pours,
  redirects,
  repeatsInterim,
  replies,
  repliesOnceThen,
  resets,
  sends,
  sendsHugeHeaders,
  writes,
  writesAndCloses,
  writesAndResets,
} from './receiver-behaviours.ts';
import { unreachableReceivers } from './receiver-names.ts';
import { type Form, type ReceiverRow, rows, type Sight, stalls, SUCCEEDED } from './receiver-row.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const SIZED = `${OK}content-length: 10\r\n\r\n`;
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
const INJECTED = 'HTTP/1.1 500 Injected\r\ncontent-length: 0\r\n\r\n';

const slow: readonly ReceiverRow[] = [
  ...rows(
    'accepts and never answers',
    { outcome: { kind: 'timeout', phase: 'headers' }, is_slow: true },
    { 'no byte': { behaviour: neverReplies, sight: { state: 'open' } } },
  ),
  ...rows(
    'does not answer the connect',
    { outcome: { kind: 'timeout', phase: 'connect' }, is_slow: true, requests: 0 },
    { 'a full backlog': { peer: 'black hole', sight: { state: 'no connection' } } },
  ),
  ...rows(
    'stalls in the TLS handshake',
    { outcome: { kind: 'timeout', phase: 'tls' }, is_slow: true, is_https: true, requests: 0 },
    { 'no byte': { peer: stalls, sight: { state: 'no handshake' } } },
  ),
  ...rows(
    'sends its headers byte by byte',
    { outcome: { kind: 'timeout', phase: 'headers' }, is_slow: true },
    { 'one header without end': { behaviour: dripsHeaders, sight: { text: /x-drip: a/, state: 'more' } } },
  ),
  ...rows(
    'sends its body byte by byte',
    { outcome: SUCCEEDED, is_slow: true, body: /^x+$/, is_cut: true },
    { 'chunks without end': { behaviour: dripsBody, sight: { text: /\r\n\r\n1\r\nx/, state: 'more' } } },
  ),
];

const interim = (status: number): Sight => ({
  text: new RegExp(`^(HTTP/1.1 ${status} Interim\r\n\r\n)+`),
  state: 'more',
});
const TOO_MANY = { kind: 'response_invalid', code: 'TOO_MANY_INTERIM_RESPONSES' } as const;

const large: readonly ReceiverRow[] = [
  ...rows(
    'sends 102 or 103 again and again',
    { outcome: TOO_MANY },
    {
      'endless 102': { behaviour: repeatsInterim(102), sight: interim(102) },
      'endless 103': { behaviour: repeatsInterim(103), sight: interim(103) },
    },
  ),
  ...rows(
    'sends 100 again and again',
    { outcome: { kind: 'connection_failed', code: 'UND_ERR_SOCKET' } },
    { 'endless 100': { behaviour: repeatsInterim(100), sight: interim(100) } },
  ),
  ...rows(
    'sends 1 MiB of headers',
    { outcome: { kind: 'response_invalid', code: 'UND_ERR_HEADERS_OVERFLOW' } },
    { 'one header': { behaviour: sendsHugeHeaders, sight: { bytes: 1 << 20, state: 'open' } } },
  ),
  ...rows(
    'sends a body of 10 GB',
    { outcome: SUCCEEDED, body: /^x{16384}$/, is_cut: true },
    { announced: { behaviour: pours(() => {}), sight: { bytes: 8 << 20, state: 'more' } } },
  ),
  ...rows(
    'sends a decompression bomb',
    { outcome: SUCCEEDED },
    Object.fromEntries(
      Object.entries({
        gzip: gzipSync(Buffer.alloc(4 << 20)),
        br: brotliCompressSync(Buffer.alloc(4 << 20)),
        zstd: zstdCompressSync(Buffer.alloc(4 << 20)),
        'gzip, gzip, gzip, gzip, gzip, gzip': [1, 2, 3, 4, 5, 6].reduce(
          (packed: Buffer) => gzipSync(packed),
          Buffer.alloc(4 << 20),
        ),
      }).map(([encoding, bytes]) => [
        encoding,
        {
          behaviour: sends(bytes, encoding),
          // As received: nothing is decoded.
          body: bytes.subarray(0, 16_384).toString('utf8'),
          sight: { bytes: bytes.length, state: 'open' },
        },
      ]),
    ),
  ),
];

const lengths: readonly ReceiverRow[] = [
  ...rows(
    'sends a body of another length than announced',
    { outcome: SUCCEEDED, is_cut: true },
    {
      'too short': {
        behaviour: writesAndCloses(`${SIZED}abc`),
        body: 'abc',
        sight: { text: /abc$/, state: 'closed' },
      },
      'too long': { behaviour: writes(`${SIZED}abcdefghijklm`), body: 'abcdefghij', is_cut: false },
      'chunks without an end': {
        behaviour: writesAndCloses(`${CHUNKED}3\r\nabc\r\n`),
        body: 'abc',
        sight: { text: /abc\r\n$/, state: 'closed' },
      },
      'a broken chunk': { behaviour: writes(`${CHUNKED}3\r\nabc\r\nZZ\r\n`), body: 'abc' },
    },
  ),
  ...rows(
    'announces two lengths',
    { outcome: { kind: 'response_invalid', code: /^(HPE_|UND_ERR_RES_CONTENT_LENGTH_MISMATCH$)/ } },
    {
      'content-length and transfer-encoding': writes(
        `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      ),
      'two content-lengths': writes(`${OK}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd`),
    },
  ),
  ...rows(
    'appends a second response',
    { outcome: SUCCEEDED, is_cut: false },
    {
      'to the first answer': { behaviour: writes(`${OK}content-length: 2\r\n\r\nok${INJECTED}`), body: 'ok' },
      'which is not that of the next request': {
        behaviour: writes(`${OK}content-length: 2\r\n\r\nok${INJECTED}`),
        body: 'ok',
        is_second: true,
        requests: 2,
        sight: { text: /(?:ok.*Injected\r\n[^]*){2}/, state: 'open' },
      },
    },
  ),
];

const breaks: readonly ReceiverRow[] = [
  ...rows(
    'breaks off after complete headers',
    { outcome: SUCCEEDED, body: 'abc', is_cut: true },
    {
      'RST in the body': {
        behaviour: writesAndResets(`${SIZED}abc`),
        sight: { text: /abc$/, state: 'reset' },
      },
    },
  ),
  ...rows(
    'closes before complete headers',
    { outcome: { kind: 'connection_failed', code: 'UND_ERR_SOCKET' } },
    {
      'before any byte': { behaviour: writesAndCloses(''), sight: { state: 'closed' } },
      'in the headers': {
        behaviour: writesAndCloses(`${OK}x-a: b`),
        sight: { text: /x-a: b$/, state: 'closed' },
      },
    },
  ),
  ...rows(
    'answers with something that is not HTTP/1.1',
    { outcome: { kind: 'response_invalid', code: /^(STATUS_INVALID$|HPE_)/ } },
    {
      'status 000': writes('HTTP/1.1 000 Zero\r\ncontent-length: 0\r\n\r\n'),
      'status 099': writes('HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n'),
      'a status in letters': writes('HTTP/1.1 abc Nope\r\n\r\n'),
      'HTTP/0.9': {
        behaviour: writesAndCloses('<html>hi</html>'),
        sight: { text: /^<html>hi<\/html>$/, state: 'closed' },
      },
      'an SSH banner': {
        behaviour: writes('SSH-2.0-OpenSSH_9.6\r\n'),
        sight: { text: /^SSH-2/, state: 'open' },
      },
    },
  ),
  ...rows(
    'closes a kept connection as the next request is written',
    { outcome: SUCCEEDED, is_second: true, body: 'first', requests: 3 },
    {
      FIN: { behaviour: repliesOnceThen(writesAndCloses('')), sight: { text: /first$/, state: 'closed' } },
      RST: { behaviour: repliesOnceThen(resets), sight: { text: /first$/, state: 'reset' } },
    },
  ),
  ...rows(
    'answers 101 Switching Protocols',
    { outcome: { kind: 'response_invalid', code: 'STATUS_INVALID' } },
    { 'without an upgrade': { behaviour: repeatsInterim(101), sight: interim(101) } },
  ),
  ...rows(
    'switches to another protocol',
    { outcome: { kind: 'connection_failed', code: 'UND_ERR_SOCKET' } },
    { 'an upgrade': writes('HTTP/1.1 101 Up\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n') },
  ),
];

const statusRow = (status: number, headers = ''): Form => ({
  behaviour: replies(status, 'no', headers),
  outcome: { kind: 'http_status', status },
  body: 'no',
});

const redirectRow = (status: number, location?: string): Form => ({
  behaviour: redirects(status, location),
  outcome: { kind: 'http_status', status },
});

const HTTP_STATUS = { outcome: { kind: 'http_status' } } as const;
const inAnHour = (): string => new Date(Date.now() + 3_600_000).toUTCString();

const retryAfter = (headers: string, retry_after_s: number) => ({
  ...statusRow(429, headers),
  retry_after_s,
});

const statuses: readonly ReceiverRow[] = [
  ...rows('answers with a status above 599', HTTP_STATUS, { '600': statusRow(600), '999': statusRow(999) }),
  ...rows('redirects', HTTP_STATUS, {
    ...Object.fromEntries(
      [301, 302, 303, 307, 308].map((status) => [`${status} to itself`, redirectRow(status)]),
    ),
    '307 to the metadata service': redirectRow(307, 'http://169.254.169.254/latest/meta-data/'),
  }),
  ...rows('requires a login', HTTP_STATUS, { '401': statusRow(401, 'www-authenticate: Basic\r\n') }),
  ...rows('requests a pause with Retry-After', HTTP_STATUS, {
    'whole seconds': retryAfter('retry-after: 90\r\n', 90),
    'more than a day': retryAfter('retry-after: 9999999999\r\n', 86_400),
    'a date to come': {
      ...retryAfter('', 3_600),
      behaviour: (socket, request) => replies(429, 'no', `retry-after: ${inAnHour()}\r\n`)(socket, request),
    },
    'a date of the past': retryAfter('retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n', 0),
    zero: retryAfter('retry-after: 0\r\n', 0),
    'a negative number': retryAfter('retry-after: -1\r\n', 0),
    'a fraction': retryAfter('retry-after: 1.5\r\n', 0),
    'eleven digits': retryAfter('retry-after: 99999999999\r\n', 0),
    letters: retryAfter('retry-after: abc\r\n', 0),
    '10 kB of digits': retryAfter(`retry-after: ${'9'.repeat(10_000)}\r\n`, 0),
    'two headers': retryAfter('retry-after: 90\r\nretry-after: 120\r\n', 0),
  }),
];

const bytesOf = (text: string): Behaviour => sends(Buffer.from(text, 'latin1'), 'identity');

const bodies: readonly ReceiverRow[] = rows(
  'answers with a strange body',
  { outcome: SUCCEEDED },
  {
    'a script': { behaviour: replies(200, '<script>x()</script>'), body: '<script>x()</script>' },
    'a right-to-left override': {
      behaviour: sends(Buffer.from('a\u202eb'), 'identity'),
      body: 'a\u202eb',
    },
    'escape sequences': { behaviour: bytesOf('\u001b[31mred'), body: '\u001b[31mred' },
    NUL: { behaviour: bytesOf('a\0b'), body: 'a\0b' },
    'invalid UTF-8': { behaviour: bytesOf('a\u00ffb'), body: 'a\ufffdb' },
  },
);

/**
 * Every way in which a receiver, its certificate or its name can misbehave, with the documented outcome of an attempt. Each
 * outcome is reached long before the deadline of the attempt, except that of the slow rows: within 250 ms after it.
 */
export const receiverTable: readonly ReceiverRow[] = [
  ...slow,
  ...large,
  ...lengths,
  ...breaks,
  ...statuses,
  ...bodies,
  ...unreachableReceivers,
];
