import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiverTls, startFaultyReceiver } from '../support/faulty-receiver.ts';
import { replies } from '../support/receiver-behaviours.ts';
import { connectionIsIdle, createTransportHarness } from '../support/transport-harness.ts';

const NAME = 'receiver.example.com';
const static_hosts = { [NAME]: ['127.0.0.1'] };
const ok = { '/': replies(200, 'ok') };
const usual = getCACertificates('default');

describe('with a self-signed certificate', () => {
  it('a verified request fails, even after an unverified one has succeeded', async () => {
    await using receiver = await startFaultyReceiver(ok, { tls: receiverTls() });
    await using harness = createTransportHarness({ static_hosts });
    const url = `https://${NAME}:${receiver.port}/`;
    const refused = { kind: 'tls_failed', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' };

    expect((await harness.send(url)).outcome).toEqual(refused);
    for (const reused_connection of [false, true]) {
      const result = await harness.send(url, { insecure_ssl: true });
      expect(result).toMatchObject({ outcome: { kind: 'succeeded' }, reused_connection });
      await connectionIsIdle();
    }
    expect((await harness.send(url)).outcome).toEqual(refused);
    expect(receiver.requests).toHaveLength(2);
  });
});

describe('with a trusted certificate', () => {
  beforeAll(() => setDefaultCACertificates([...usual, receiverTls().cert.toString()]));
  afterAll(() => setDefaultCACertificates(usual));

  it('SNI and Host contain the name of the URL', async () => {
    await using receiver = await startFaultyReceiver(ok, { tls: receiverTls() });
    await using harness = createTransportHarness({ static_hosts });
    const result = await harness.send(`https://${NAME}.:${receiver.port}/`);
    expect(result).toMatchObject({ outcome: { kind: 'succeeded' }, remote_address: '127.0.0.1' });
    expect(result.timings).toMatchObject({ connect_ms: expect.any(Number), tls_ms: expect.any(Number) });
    expect(receiver.server_names).toEqual([NAME]);
    expect(receiver.requests[0]?.head).toMatch(new RegExp(`^host: ${NAME}\\.?:${receiver.port}$`, 'm'));
  });

  it('a literal must be in the certificate, and is not sent as SNI', async () => {
    await using receiver = await startFaultyReceiver(ok, { tls: receiverTls() });
    await using harness = createTransportHarness();
    const result = await harness.send(`https://127.0.0.1:${receiver.port}/`);
    expect([result.outcome, receiver.server_names]).toEqual([{ kind: 'succeeded' }, ['false']]);
  });
});
