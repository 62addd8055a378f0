import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Behaviour, expiredTls, receiverTls, startFaultyReceiver } from '../support/faulty-receiver.ts';
import { pours, replies, writes, writesAndCloses } from '../support/receiver-behaviours.ts';
import type { ReceiverRow } from '../support/receiver-row.ts';
import { receiverTable } from '../support/receiver-table.ts';
import { isPossibleHere, startDnsOfTable, startPeer, urlOf } from '../support/table-peers.ts';
import { connectionIsIdle, createTransportHarness } from '../support/transport-harness.ts';

const DEADLINE_MS = 300;
const usual = getCACertificates('default');

// Of the certificates that are refused for another reason than their authority.
beforeAll(() =>
  setDefaultCACertificates([...usual, receiverTls().cert.toString(), expiredTls().cert.toString()]),
);
afterAll(() => setDefaultCACertificates(usual));

const meet = async (row: ReceiverRow) => {
  await using peer = await startPeer(row.peer);
  await using dns = await startDnsOfTable();
  await using harness = createTransportHarness({ dns });
  const url = urlOf(row, peer.port);
  if (row.is_second) {
    expect((await harness.send(url)).outcome).toEqual({ kind: 'succeeded' });
    await connectionIsIdle();
  }
  const timeout_ms = row.is_slow ? DEADLINE_MS : 3000;
  const result = await harness.send(url, { timeout_ms });
  const requests = peer.requests.length;
  await using other = await startFaultyReceiver({ '/': replies(200, 'fine') });
  expect((await harness.send(other.origin)).response?.body, 'the next request').toBe('fine');
  return { ...result, requests };
};

const matching = (expected: object): object =>
  Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [
      name,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]),
  );

// A busy machine can disturb a measurement of time, which is then repeated.
describe.each(Object.entries(Object.groupBy(receiverTable, ({ receiver }) => receiver)))(
  'a receiver that %s',
  { retry: 3 },
  (_, forms = []) => {
    it.each(forms.filter(isPossibleHere))('$form', async (row) => {
      const { outcome, response, timings, requests } = await meet(row);
      expect(outcome).toEqual(matching(row.outcome));
      expect(requests).toBe(row.requests ?? 1);
      const has_response = ['succeeded', 'http_status'].includes(row.outcome.kind);
      expect(response === null).toBe(!has_response);
      if (row.body !== undefined) expect({ body: response?.body }).toEqual(matching({ body: row.body }));
      if (row.is_cut !== undefined) expect(response?.body_truncated).toBe(row.is_cut);
      if (row.is_slow) expect(timings.total_ms).toBeGreaterThan(DEADLINE_MS - 10);
      expect(timings.total_ms).toBeLessThan(row.is_slow ? DEADLINE_MS + 250 : 1000);
    });
  },
);

/** The result of a request to a receiver with this behaviour. */
const sendTo = async (behaviour: Behaviour) => {
  await using receiver = await startFaultyReceiver({ '/': behaviour });
  await using harness = createTransportHarness();
  return harness.send(receiver.origin);
};

describe('a response', () => {
  it('without a length ends with its connection', async () => {
    const { response } = await sendTo(writesAndCloses('HTTP/1.1 200 OK\r\n\r\nall of it'));
    expect(response).toMatchObject({ body: 'all of it', body_truncated: false });
  });

  it('is read after interim ones', async () => {
    const text = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\nx-a: b\r\n\r\n';
    const { outcome, response } = await sendTo(writes(text));
    expect(outcome).toEqual({ kind: 'succeeded' });
    expect(response).toEqual({ status: 204, headers: { 'x-a': 'b' }, body: '', body_truncated: false });
  });

  it.each([400, 404, 410, 500, 503])('with status %i is http_status', async (status) => {
    const { outcome, response } = await sendTo(replies(status, 'no', 'retry-after: -1\r\n'));
    expect(outcome).toEqual({ kind: 'http_status', status });
    expect(response).toMatchObject({ status, body: 'no', headers: { 'retry-after': '-1' } });
  });

  it.each([
    [16_384, 16_384, false],
    [16_385, 16_384, true],
    [300_000, 16_384, true],
  ])('of %i bytes is stored up to %i', async (sent, kept, body_truncated) => {
    const { outcome, response } = await sendTo(replies(200, 'y'.repeat(sent)));
    expect(outcome).toEqual({ kind: 'succeeded' });
    expect([response?.body.length, response?.body_truncated]).toEqual([kept, body_truncated]);
  });

  it('of 10 GB is cut at once: the socket closes before more than its buffers are filled', async () => {
    const accepted = Promise.withResolvers<number>();
    const { response } = await sendTo(pours(accepted.resolve));
    expect(response?.body_truncated).toBe(true);
    expect(await accepted.promise).toBeLessThan(16 << 20);
  });
});
