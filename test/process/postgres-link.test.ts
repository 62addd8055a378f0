import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, overlappingHooks, typesOf, untilDrained } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { startFaultyLink } from '../support/faulty-link.ts';
import { inTurn, preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import type { ServerProcess } from '../support/server-process.ts';

/** `pnpm experiment P4` runs the full form. */
const SILENT_MS = Number(process.env['SILENT_LINK_SECONDS'] ?? 18) * 1_000;
const PER_SECOND = 50;
/** The time limit of an event while the database does not answer. */
const ACCEPT_MS = 2_000 + 250;
/** After so long, a statement without an answer is lost. */
const LOST_MS = 15_000;
/** The time limit of other calls: the wait for a connection of the pool is added. */
const ANSWER_MS = 21_000;
/** A commit without an answer continues when a short silence ends, and is lost in a long one. */
const STATES = [
  ['slow', 3_000],
  ['cut', 3_000],
  ['silent', 4_000],
  ['silent', SILENT_MS],
] as const;
const PROBE = 'probe';
const PROBE_INTERVAL_MS = 100;
const reason = skipReason(ownPostgres);
const overlapping = overlappingHooks(4);
const types = typesOf(overlapping);
const subscriptions = new Map([...overlapping, [PROBE, [PROBE]]]);

interface Probe {
  readonly n: number;
  readonly keyed: boolean;
  readonly status: number;
  readonly ms: number;
  readonly retry_after: unknown;
}

const inputOf = (n: number, keyed: boolean) => ({
  type: PROBE,
  data: { n },
  ...(keyed ? { idempotency_key: `probe-${n}` } : {}),
});

/** Sends an event, every second one with an idempotency key. */
const sendProbe = async (node: ServerProcess, n: number): Promise<Probe> => {
  const keyed = n % 2 === 0;
  const began_at = performance.now();
  const { status, headers } = await node.call('POST', '/v1/events', inputOf(n, keyed));
  return { n, keyed, status, ms: performance.now() - began_at, retry_after: headers['retry-after'] };
};

/** Sends events for some time, whether or not earlier ones are answered. */
const probeFor = async (
  node: ServerProcess,
  { ms, first }: { readonly ms: number; readonly first: number },
): Promise<readonly Probe[]> => {
  const probes: Promise<Probe>[] = [];
  for (const end = Date.now() + ms; Date.now() < end; await delay(PROBE_INTERVAL_MS)) {
    probes.push(sendProbe(node, first + probes.length));
  }
  return Promise.all(probes);
};

interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly n: number };
}

/** The stored events of all types. */
const storedEvents = async (node: ServerProcess): Promise<readonly StoredEvent[]> => {
  const stored: StoredEvent[] = [];
  for (let cursor = ''; ;) {
    const { body } = await node.call('GET', `/v1/events?include=data&limit=1000${cursor}`);
    stored.push(...(body.data as readonly StoredEvent[]));
    if (body.next_cursor === null) return stored;
    cursor = `&cursor=${body.next_cursor}`;
  }
};

/** The number of events of each type and number: every one was sent once. */
const countsOf = (events: readonly StoredEvent[]): ReadonlySet<number> =>
  new Set(
    [...Map.groupBy(events, ({ type, data }) => `${type} ${data.n}`).values()].map(({ length }) => length),
  );

/** Repeats the events with a key, and checks that none is stored twice. */
const checkRepeats = async (node: ServerProcess, probes: readonly Probe[]): Promise<void> => {
  const keyed = probes.filter((probe) => probe.keyed);
  for (const { n } of keyed) {
    expect((await node.call('POST', '/v1/events', inputOf(n, true))).status).toBe(202);
  }
  const stored = await storedEvents(node);
  expect(countsOf(stored)).toEqual(new Set([1]));
  const numbers = new Set(stored.filter(({ type }) => type === PROBE).map(({ data }) => data.n));
  expect(keyed.filter(({ n }) => !numbers.has(n))).toEqual([]);
};

test.skipIf('missing' in ownPostgres)(
  `a link to the database that is slow, cut or silent: nothing is lost, no call hangs, events get 503 within 2 s, and deliveries continue${reason}`,
  { timeout: 180_000 + SILENT_MS * 2 },
  async () => {
    await using receiver = await startCountingReceiver();
    await using cluster = await preparePostgresNodes({
      env: { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,2s,2s' },
    });
    const url = new URL(cluster.database.url);
    await using link = await startFaultyLink(new URL(cluster.database.url));
    url.port = String(link.port);
    const node = await cluster.start({ BELLWIRE_DATABASE_URL: url.href });
    await createHooks(node, receiver, subscriptions);
    await using load = startEventLoad({ url: inTurn([node]), per_second: PER_SECOND, types });
    await delay(2_000);
    const back_ms: Record<string, number> = {};
    const probes: Probe[] = [];
    for (const [state, ms] of STATES) {
      link.set(state);
      if (state === 'silent') {
        const asked_at = Date.now();
        const listed = node
          .call('GET', '/v1/webhooks')
          .then(({ status }) => ({ status, ms: Date.now() - asked_at }));
        // The last ones are answered before the link is well.
        probes.push(...(await probeFor(node, { ms: ms - ACCEPT_MS, first: probes.length })));
        await delay(Math.max(0, ms - (Date.now() - asked_at)));
        const answer = await listed;
        expect(answer.ms).toBeLessThan(ANSWER_MS);
        if (ms > LOST_MS) expect(answer.status).toBe(503);
      } else {
        await delay(ms);
      }
      if (state === 'cut') {
        expect((await node.call('POST', '/v1/events', { type: 'none', data: {} })).status).toBe(503);
      }
      const before = receiver.receptions.length;
      const healed_at = Date.now();
      link.set('well');
      await expect
        .poll(() => receiver.receptions.length, { timeout: 20_000, interval: 20 })
        .toBeGreaterThan(before + 20);
      back_ms[`${state} ${ms / 1_000} s`] = Date.now() - healed_at;
    }
    await load.stop();
    await untilDrained(node);
    const stored = await storedEvents(node);
    const slowest_ms = Math.round(Math.max(...probes.map(({ ms }) => ms)));
    console.log(
      `P4: ${load.acked.length} acked, ${lostOf(load.acked, receiver, subscriptions).length} lost, ${receiver.duplicates().size} duplicates, ` +
        `${stored.length - load.acked.length} stored after 503, slowest 503 of ${probes.length} in silence after ${slowest_ms} ms, ` +
        `deliveries again after ${JSON.stringify(back_ms)} ms, refused ${JSON.stringify([...load.refusals])}`,
    );
    expect(lostOf(load.acked, receiver, subscriptions)).toEqual([]);
    for (const probe of probes) expect(probe).toMatchObject({ status: 503, retry_after: '5' });
    expect(slowest_ms).toBeLessThan(ACCEPT_MS);
    expect(countsOf(stored)).toEqual(new Set([1]));
    await checkRepeats(node, probes);
    await untilDrained(node);
    const all = (await storedEvents(node)).map(({ id, type, data }) => ({ event_id: id, type, n: data.n }));
    expect(lostOf(all, receiver, subscriptions)).toEqual([]);
    expect(Math.max(...Object.values(back_ms))).toBeLessThan(5_000);
  },
);
