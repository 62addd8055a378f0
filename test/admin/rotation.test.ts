import { receiverDialects } from '@bellwire/verify';
import { describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { startServer, until } from '../support/running-server.ts';
import { isSignedWith, type SignedRequest } from '../support/signature-checks.ts';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

const EVERY_LIVE_SECRET = new Set(['standard', 'svix', 'stripe']);
const DIALECTS = Object.keys(receiverDialects);
const OPTIONAL = DIALECTS.filter((dialect) => !['standard', 'svix', 'connect2print'].includes(dialect));

const whsec = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const OLD = whsec(1);
const NEW = whsec(2);

/** A hook of a dialect on its own server. */
const hookWith = async (dialect: string, secret: string | null = OLD) => {
  const server = await startVirtualServer();
  const { id } = await server.addHook('/', { dialect, secret });
  if (dialect === 'casesolved') for (const verb of ['validate', 'activate']) await server.verb(id, verb);
  return {
    server,
    rotate: (fields: object = {}) => server.verb(id, 'rotate-secret', { secret: NEW, ...fields }),
    switchNow: () => server.verb(id, 'rotate-secret/switch'),
    reveal: async () => (await server.verb(id, 'secret')).body as unknown as Revealed,
    /** The secrets that the next event is signed with. */
    accepted: async (): Promise<readonly string[]> => signers(dialect, await arriving(server)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

interface Revealed {
  readonly secret: string;
  readonly previous: readonly { readonly secret: string; readonly expires_at: string }[];
}

const arriving = async (server: VirtualServer): Promise<SignedRequest> => {
  const before = server.sent().length;
  await server.send();
  const [sent] = server.sent().slice(before);
  const headers = Object.entries(sent!.request.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { headers: Object.fromEntries(headers) as Record<string, string>, body: sent!.request.body };
};

const signers = async (dialect: string, request: SignedRequest): Promise<readonly string[]> => {
  const check = (secret: string): Promise<boolean> => isSignedWith(dialect, request, secret);
  expect(await check(whsec(9)), 'an unrelated secret').toBe(false);
  return [...((await check(OLD)) ? ['old'] : []), ...((await check(NEW)) ? ['new'] : [])];
};

describe.each(DIALECTS)('%s', (dialect) => {
  const duringGrace = EVERY_LIVE_SECRET.has(dialect) ? ['old', 'new'] : ['old'];

  it(`signs with ${duringGrace.join(' and ')} during the grace period, then only with new`, async () => {
    await using hook = await hookWith(dialect);
    expect(await hook.accepted()).toEqual(['old']);
    await hook.rotate({ grace_seconds: HOUR_S });
    expect(await hook.accepted()).toEqual(duringGrace);
    await hook.server.live(HOUR_S * 1000 - 1);
    expect(await hook.accepted()).toEqual(duringGrace);
    await hook.server.live(1);
    expect(await hook.accepted()).toEqual(['new']);
  });

  it('signs only with the new secret after the switch', async () => {
    await using hook = await hookWith(dialect);
    await hook.rotate();
    expect(await hook.accepted()).toEqual(duringGrace);
    expect((await hook.switchNow()).status).toBe(200);
    expect(await hook.accepted()).toEqual(['new']);
  });
});

it.each(OPTIONAL)('%s: a hook without a secret signs with its first one at once', async (dialect) => {
  await using hook = await hookWith(dialect, null);
  expect(await hook.accepted()).toEqual([]);
  expect((await hook.rotate()).body.secret).toBe(NEW);
  expect(await hook.accepted()).toEqual(['new']);
  expect(await hook.reveal()).toEqual({ secret: NEW, previous: [] });
});

it('the grace period is one day by default, and zero to seven days on request', async () => {
  await using hook = await hookWith('github');
  const start = hook.server.clock.now();
  await hook.rotate();
  const graceOf = async () =>
    (await hook.reveal()).previous.map(({ expires_at }) => (Date.parse(expires_at) - start) / 1000);
  expect(await graceOf()).toEqual([DAY_S]);
  for (const grace_seconds of [-1, 7 * DAY_S + 1, 1.5, '60', null]) {
    const { status, body } = await hook.rotate({ grace_seconds });
    expect([status, body.error]).toMatchObject([422, { issues: [{ path: 'grace_seconds' }] }]);
  }
  expect(await graceOf()).toEqual([DAY_S]);
  await hook.rotate({ grace_seconds: 7 * DAY_S });
  expect(await graceOf()).toEqual([7 * DAY_S, DAY_S]);
});

it.each(['github', 'standard'])('%s: a grace period of zero ends the old secret at once', async (dialect) => {
  await using hook = await hookWith(dialect);
  await hook.rotate({ grace_seconds: 0 });
  expect(await hook.accepted()).toEqual(['new']);
  expect(await hook.reveal()).toEqual({ secret: NEW, previous: [] });
});

it('overlapping rotations keep all secrets valid, the newest first, with at most ten old ones', async () => {
  await using hook = await hookWith('standard', whsec(100));
  const secrets = [whsec(100)];
  for (let round = 1; round <= 12; round += 1) {
    const { status, body } = await hook.rotate({ secret: whsec(100 + round) });
    expect(status).toBe(200);
    secrets.unshift(body.secret);
  }
  const { secret, previous } = await hook.reveal();
  expect([secret, ...previous.map((old) => old.secret)]).toEqual(secrets.slice(0, 11));
  const request = await arriving(hook.server);
  const live = await Promise.all(secrets.map((one) => isSignedWith('standard', request, one)));
  expect(secrets.filter((_, index) => live[index])).toEqual(secrets.slice(0, 11));
  await hook.switchNow();
  expect(await hook.reveal()).toEqual({ secret: secrets[0], previous: [] });
});

it('an expired secret is not revealed', async () => {
  await using hook = await hookWith('q2');
  await hook.rotate({ grace_seconds: 60 });
  expect((await hook.reveal()).previous).toHaveLength(1);
  await hook.server.live(60_000);
  expect((await hook.reveal()).previous).toEqual([]);
});

it('under load, every request during a rotation and a switch is signed with a valid secret', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const ids: string[] = [];
  for (const dialect of ['standard', 'github']) {
    ids.push((await server.addHook(`${receiver.origin}/${dialect}`, { dialect, secret: OLD })).id);
  }
  const each = (verb: string, fields?: object) =>
    Promise.all(ids.map((id) => server.api(`POST /v1/webhooks/${id}/${verb}`, fields)));
  const arrive = (count: number) =>
    until(
      () => Promise.resolve(receiver.calls.length),
      (arrived) => arrived >= count,
    );
  const load = { stopping: false, accepted: 0 };
  const sender = async (): Promise<void> => {
    while (!load.stopping) {
      expect((await server.api('POST /v1/events', { type: 'load', data: {} })).status).toBe(202);
      load.accepted += 1;
    }
  };
  const senders = Promise.all(Array.from({ length: 8 }, sender));
  await arrive(100);
  await each('rotate-secret', { secret: NEW });
  const rotated = Date.now();
  await arrive(receiver.calls.length + 100);
  const switching = Date.now();
  await each('rotate-secret/switch');
  const switched = Date.now();
  await arrive(receiver.calls.length + 100);
  load.stopping = true;
  await senders;
  await arrive(load.accepted * ids.length);

  const found = { standard: new Set<string>(), github: new Set<string>() };
  for (const { path, headers, body } of receiver.calls) {
    const dialect = path.slice(1) as keyof typeof found;
    const text = body.toString();
    const by = (await signers(dialect, { headers, body: text })).join('+');
    found[dialect].add(by);
    if (dialect !== 'standard') continue;
    // The timestamp is the time of acceptance, which precedes the signature.
    const at = Date.parse((JSON.parse(text) as { timestamp: string }).timestamp);
    if (at > rotated && at < switching) expect(by).toMatch(/new/);
    if (at > switched) expect(by).toBe('new');
  }
  expect([...found.standard]).toEqual(['old', 'old+new', 'new']);
  expect([...found.github]).toEqual(['old', 'new']);
});
