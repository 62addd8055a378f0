import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expiredTls, receiverTls, startFaultyReceiver } from '../support/faulty-receiver.ts';
import { replies } from '../support/receiver-behaviours.ts';
import type { ReceiverRow } from '../support/receiver-row.ts';
import { receiverTable } from '../support/receiver-table.ts';
import { keepForFile, until } from '../support/running-server.ts';
import { startServer } from '../support/server-process.ts';
import { asStored } from '../support/storage.ts';
import { isPossibleHere, startDnsOfTable, startPeer, urlOf } from '../support/table-peers.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment X4`.
const ROUNDS = Number(process.env['RECEIVER_ROUNDS'] ?? 1);
const DEADLINE_MS = 400;
const RETRY_S = 30;

const folder = await keepForFile(createTemporaryFolder());
const dns = await keepForFile(startDnsOfTable());
const healthy = await keepForFile(startFaultyReceiver({ '/': replies(200, 'fine') }));
const trusted = folder.file('trusted.pem');
await writeFile(trusted, Buffer.concat([receiverTls().cert, expiredTls().cert]));
const server = await keepForFile(
  startServer({
    folder: folder.path,
    env: {
      // Also of its threads, unlike arguments.
      NODE_OPTIONS: `--import=${fileURLToPath(new URL('../support/own-dns.ts', import.meta.url))}`,
      DNS_SERVER_OF_TEST: dns.address,
      NODE_EXTRA_CA_CERTS: trusted,
    },
  }),
);

const addHook = async (url: string, fields: object = {}): Promise<string> => {
  const hook = { url, events: ['*'], retry_schedule: ['0s', `${RETRY_S}s`], ...fields };
  const { status, body } = await server.call('POST', '/v1/webhooks', hook);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
};

/** Sends an event to one hook, and returns its delivery after its first attempt. */
const deliver = async (hook_id: string) => {
  const sent = await server.call('POST', '/v1/events', { type: 'a', data: {}, hook_ids: [hook_id] });
  expect(sent.status).toBe(202);
  const list = `/v1/deliveries?event_id=${sent.body.id}`;
  const first = async () => (await server.call('GET', list)).body.data[0];
  const { id } = await until(
    first,
    (delivery) => delivery?.attempt_count === 1 && delivery.status !== 'sending',
  );
  return (await server.call('GET', `/v1/deliveries/${id}`)).body;
};

const healthyHook = await addHook(`${healthy.origin}/`);

const meet = async (row: ReceiverRow) => {
  await using peer = await startPeer(row.peer);
  const timeout_ms = row.is_slow ? DEADLINE_MS : 3000;
  const id = await addHook(urlOf(row, peer.port), { timeout_ms });
  try {
    if (row.is_second) expect((await deliver(id)).status).toBe('succeeded');
    const [delivery, other] = await Promise.all([deliver(id), deliver(healthyHook)]);
    expect(other.status, 'the delivery to another').toBe('succeeded');
    expect(other.attempts[0].duration_ms, 'the delivery to another').toBeLessThan(250);
    return { delivery, requests: peer.requests.length };
  } finally {
    await server.call('DELETE', `/v1/webhooks/${id}`);
  }
};

/** The `outcome_detail` of an attempt. */
const detailOf = ({ outcome: { kind, ...detail } }: ReceiverRow): string | RegExp | null => {
  const [value = null] = Object.values(detail);
  return kind === 'http_status' ? String(value) : (value as string | RegExp | null);
};

/** The statuses after an attempt. All other outcomes are retried. */
const finals: Partial<Record<string, string>> = { succeeded: 'succeeded', address_blocked: 'failed' };

interface ShownDelivery {
  readonly status: string;
  readonly next_attempt_at: string;
  readonly attempts: readonly { readonly started_at: string; readonly duration_ms: number }[];
}

const expectWait = ({ status, next_attempt_at, attempts }: ShownDelivery, row: ReceiverRow): void => {
  const final = finals[row.outcome.kind];
  expect(status).toBe(final ?? 'pending');
  if (final !== undefined) return;
  const { started_at, duration_ms } = attempts[0]!;
  const wait_s = (Date.parse(next_attempt_at) - Date.parse(started_at) - duration_ms) / 1000;
  const least_s = Math.max(RETRY_S, row.retry_after_s ?? 0);
  expect(wait_s).toBeGreaterThan(least_s - 2);
  expect(wait_s).toBeLessThan(least_s * 1.25 + 4);
};

const expectOutcome = (row: ReceiverRow, { delivery, requests }: Awaited<ReturnType<typeof meet>>): void => {
  const [attempt] = delivery.attempts;
  const detail = detailOf(row);
  expect(attempt).toMatchObject({
    outcome: row.outcome.kind,
    outcome_detail: detail instanceof RegExp ? expect.stringMatching(detail) : detail,
  });
  expect(requests).toBe(row.requests ?? 1);
  if (typeof row.body === 'string') expect(attempt.response.body).toBe(asStored(row.body));
  if (row.body instanceof RegExp) expect(attempt.response.body).toMatch(row.body);
  if (row.is_slow) expect(attempt.duration_ms).toBeGreaterThan(DEADLINE_MS - 10);
  expect(attempt.duration_ms).toBeLessThan(row.is_slow ? DEADLINE_MS + 250 : 1000);
  expectWait(delivery, row);
};

// A busy machine can disturb a measurement of time, which is then repeated.
describe.each(Object.entries(Object.groupBy(receiverTable, ({ receiver }) => receiver)))(
  'a delivery to a receiver that %s has its documented outcome in time, and delays no other',
  { retry: 3 },
  (_, forms = []) => {
    it.each(forms.filter(isPossibleHere))('$form', { timeout: 30_000 * ROUNDS }, async (row) => {
      for (let round = 0; round < ROUNDS; round += 1) expectOutcome(row, await meet(row));
      if (row.dns !== undefined) expect(dns.questions).toContain(`A ${row.host}`);
    });
  },
);
