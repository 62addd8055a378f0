import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../packages/server/src/core/outcome.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { answers, type DnsReply, type DnsScript, startDnsServer } from '../support/dns-server.ts';
import { replies } from '../support/receiver-behaviours.ts';
import { createTransportHarness } from '../support/transport-harness.ts';

const DOWN: Outcome = { kind: 'interrupted', fault: 'RESOLVER_DOWN' };

const always =
  (reply: DnsReply): DnsScript =>
  () =>
    reply;

/** Sends at once to each of these names, and later to `later`, and returns the outcomes. */
const sendToAll = async (scripts: Readonly<Record<string, DnsScript>>, names: readonly string[]) => {
  await using receiver = await startFaultyReceiver({ '/': replies(200, 'fine') });
  await using dns = await startDnsServer(scripts);
  await using harness = createTransportHarness({ dns });
  const send = async (name: string): Promise<Outcome> =>
    (await harness.send(`http://${name}:${receiver.port}/`, { timeout_ms: 1500 })).outcome;
  const outcomes = await Promise.all(names.map(send));
  return { outcomes, again: await send(names[0]!) };
};

const NAMES = ['hooks.one.example.com', 'hooks.two.example.net', 'hooks.three.example.org'];

describe('the DNS servers are down', () => {
  it.each<readonly [string, DnsReply]>([
    ['refused', { rcode: 'REFUSED' }],
    ['answered with SERVFAIL', { rcode: 'SERVFAIL' }],
    ['unanswered', 'hang'],
  ])('if lookups in three unrelated domains are %s: no attempt counts', async (_, reply) => {
    const scripts = Object.fromEntries(NAMES.map((name) => [name, always(reply)]));
    const { outcomes, again } = await sendToAll(scripts, NAMES);
    expect(outcomes).toEqual([DOWN, DOWN, DOWN]);
    expect(again, 'until a lookup is answered').toEqual(DOWN);
  });

  it('if none accepts a connection', async () => {
    const dns = await startDnsServer({});
    await dns[Symbol.asyncDispose]();
    await using harness = createTransportHarness({ dns });
    expect((await harness.send('http://hooks.example.com/')).outcome).toEqual(DOWN);
  });
});

describe('the name servers of a hook have failed, and not ours', () => {
  const sick = always({ rcode: 'SERVFAIL' });
  const FAILED: Outcome = { kind: 'dns_failed', code: 'ESERVFAIL' };

  it('if the names are in one domain', async () => {
    const names = ['a.example.com', 'b.example.com', 'c.example.com', 'd.e.example.com'];
    const { outcomes, again } = await sendToAll(Object.fromEntries(names.map((name) => [name, sick])), names);
    expect([...outcomes, again]).toEqual(Array.from({ length: 5 }, () => FAILED));
  });

  it('if another name is answered, even with NXDOMAIN', async () => {
    const scripts = Object.fromEntries(NAMES.slice(0, 2).map((name) => [name, sick]));
    const { outcomes } = await sendToAll(scripts, [...NAMES, 'none.example.info']);
    expect(outcomes.slice(0, 2)).toEqual([FAILED, FAILED]);
  });

  it('if the server was down, and then answered', async () => {
    let is_down = true;
    const server: DnsScript = (type) =>
      is_down ? { rcode: 'SERVFAIL' } : answers(['127.0.0.1'], 60)(type, 1);
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'fine') });
    await using dns = await startDnsServer({
      ...Object.fromEntries(NAMES.map((name) => [name, server])),
      'sick.example.com': sick,
    });
    await using harness = createTransportHarness({ dns });
    const send = async (name: string) => (await harness.send(`http://${name}:${receiver.port}/`)).outcome;
    expect(await Promise.all(NAMES.map(send))).toEqual([DOWN, DOWN, DOWN]);
    is_down = false;
    expect(await send(NAMES[0]!)).toEqual({ kind: 'succeeded' });
    expect(await send('sick.example.com')).toEqual(FAILED);
  });
});

// A busy machine can disturb a measurement of time, which is then repeated.
it(
  'a hundred hooks on a silent zone do not delay the lookups of others',
  { retry: 3, timeout: 20_000 },
  async () => {
    const silent = Array.from({ length: 100 }, (_, i) => `h${i}.silent.example.com`);
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'fine') });
    await using dns = await startDnsServer({
      ...Object.fromEntries(silent.map((name) => [name, always('hang')])),
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`h${i}.healthy.example.net`, answers(['127.0.0.1'])]),
      ),
    });
    await using harness = createTransportHarness({ dns });
    const hanging = silent.map((name) => harness.send(`http://${name}/`, { timeout_ms: 1500 }));
    for (let nth = 0; nth < 20; nth += 1) {
      const { outcome, timings } = await harness.send(`http://h${nth}.healthy.example.net:${receiver.port}/`);
      expect(outcome).toEqual({ kind: 'succeeded' });
      expect(timings.dns_ms).toBeLessThan(100);
    }
    const outcomes = (await Promise.all(hanging)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(silent.map(() => ({ kind: 'timeout', phase: 'dns' })));
  },
);
