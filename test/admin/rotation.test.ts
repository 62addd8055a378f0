import { receiverDialects } from '@bellwire/verify';
import { describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type RunningServer, startServer, until } from '../support/running-server.ts';
import { isSignedWith, type SignedRequest } from '../support/signature-checks.ts';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

const EVERY_LIVE_SECRET = ['standard', 'svix', 'stripe'];
const ONE_SECRET = Object.keys(receiverDialects).filter((dialect) => !EVERY_LIVE_SECRET.includes(dialect));
const OPTIONAL = ONE_SECRET.concat('stripe').filter((dialect) => dialect !== 'connect2print');

const whsec = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const OLD = whsec(1);
const NEW = whsec(2);

/** A hook of a dialect with its secret, and what arrives at it. */
const hookWith = async (dialect: string, secret: string | null = OLD) => {
  const server = await startVirtualServer();
  const { id } = await server.addHook('/', { dialect, secret });
  if (dialect === 'casesolved') {
    await server.api(`POST /v1/webhooks/${id}/validate`);
    await server.api(`POST /v1/webhooks/${id}/activate`);
  }
  return {
    server,
    rotate: (fields: object = {}) =>
      server.api(`POST /v1/webhooks/${id}/rotate-secret`, { secret: NEW, ...fields }),
    switchNow: () => server.api(`POST /v1/webhooks/${id}/rotate-secret/switch`),
    reveal: async () => (await server.api(`POST /v1/webhooks/${id}/secret`)).body as unknown as Revealed,
    /** Which of the two secrets the next event is signed with. */
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

describe.each(EVERY_LIVE_SECRET)('%s', (dialect) => {
  it('signs with the old and the new secret until the grace ends, then with the new one alone', async () => {
    await using hook = await hookWith(dialect);
    expect(await hook.accepted()).toEqual(['old']);
    await hook.rotate({ grace_seconds: HOUR_S });
    expect(await hook.accepted()).toEqual(['old', 'new']);
    await hook.server.live(HOUR_S * 1000 - 1);
    expect(await hook.accepted()).toEqual(['old', 'new']);
    await hook.server.live(1);
    expect(await hook.accepted()).toEqual(['new']);
  });

  it('signs with the new one alone from the switch on', async () => {
    await using hook = await hookWith(dialect);
    await hook.rotate();
    expect((await hook.switchNow()).status).toBe(200);
    expect(await hook.accepted()).toEqual(['new']);
  });
});

describe.each(ONE_SECRET)('%s', (dialect) => {
  it('goes on with the old secret until the grace ends, then takes the new one: never both, never none', async () => {
    await using hook = await hookWith(dialect);
    expect(await hook.accepted()).toEqual(['old']);
    await hook.rotate({ grace_seconds: HOUR_S });
    await hook.server.live(HOUR_S * 1000 - 1);
    expect(await hook.accepted()).toEqual(['old']);
    await hook.server.live(1);
    expect(await hook.accepted()).toEqual(['new']);
  });

  it('takes the new one from the switch on', async () => {
    await using hook = await hookWith(dialect);
    await hook.rotate();
    expect(await hook.accepted()).toEqual(['old']);
    expect((await hook.switchNow()).status).toBe(200);
    expect(await hook.accepted()).toEqual(['new']);
  });
});

it.each(OPTIONAL)('%s: a hook that had no secret signs with its first one at once', async (dialect) => {
  await using hook = await hookWith(dialect, null);
  expect(await hook.accepted()).toEqual([]);
  expect((await hook.rotate()).body.secret).toBe(NEW);
  expect(await hook.accepted()).toEqual(['new']);
  expect(await hook.reveal()).toEqual({ secret: NEW, previous: [] });
});

it('the grace is a day unless it is given: from none at all to seven days', async () => {
  await using hook = await hookWith('github');
  const begun = hook.server.clock.now();
  await hook.rotate();
  const graceOf = async () =>
    (await hook.reveal()).previous.map(({ expires_at }) => (Date.parse(expires_at) - begun) / 1000);
  expect(await graceOf()).toEqual([DAY_S]);
  for (const grace_seconds of [-1, 7 * DAY_S + 1, 1.5, '60', null]) {
    const { status, body } = await hook.rotate({ grace_seconds });
    expect([status, body.error]).toMatchObject([422, { issues: [{ path: 'grace_seconds' }] }]);
  }
  expect(await graceOf()).toEqual([DAY_S]);
  await hook.rotate({ grace_seconds: 7 * DAY_S });
  expect(await graceOf()).toEqual([7 * DAY_S, DAY_S]);
});

it.each(['github', 'standard'])(
  '%s: a grace of none ends the old secret with the rotation',
  async (dialect) => {
    await using hook = await hookWith(dialect);
    await hook.rotate({ grace_seconds: 0 });
    expect(await hook.accepted()).toEqual(['new']);
    expect(await hook.reveal()).toEqual({ secret: NEW, previous: [] });
  },
);

it('the secrets of a rotation within a rotation all live, the newest first, at most ten of them old', async () => {
  await using hook = await hookWith('standard', whsec(100));
  const made = [whsec(100)];
  for (let round = 1; round <= 12; round += 1) {
    const { status, body } = await hook.rotate({ secret: whsec(100 + round) });
    expect(status).toBe(200);
    made.unshift(body.secret);
  }
  const { secret, previous } = await hook.reveal();
  expect([secret, ...previous.map((old) => old.secret)]).toEqual(made.slice(0, 11));
  const request = await arriving(hook.server);
  const live = await Promise.all(made.map((one) => isSignedWith('standard', request, one)));
  expect(made.filter((_, index) => live[index])).toEqual(made.slice(0, 11));
  await hook.switchNow();
  expect(await hook.reveal()).toEqual({ secret: made[0], previous: [] });
});

it('an old secret that has ended is revealed no more', async () => {
  await using hook = await hookWith('q2');
  await hook.rotate({ grace_seconds: 60 });
  expect((await hook.reveal()).previous).toHaveLength(1);
  await hook.server.live(60_000);
  expect((await hook.reveal()).previous).toEqual([]);
});

/** Events without a pause on some connections, until it is told to stop. */
const startLoad = (server: RunningServer, receiver: Receiver) => {
  const state = { stopping: false, accepted: 0 };
  const sender = async (): Promise<void> => {
    while (!state.stopping) {
      const { status } = await server.api('POST /v1/events', { type: 'load', data: {} });
      expect(status).toBe(202);
      state.accepted += 1;
    }
  };
  const senders = Promise.all(Array.from({ length: 8 }, sender));
  const arrived = () => receiver.calls.length;
  return {
    /** Resolves when so many more have arrived: those of them that were accepted from now on are among the last. */
    more: (count: number): Promise<number> => {
      const wanted = arrived() + count;
      return until(
        () => Promise.resolve(arrived()),
        (now) => now >= wanted,
      );
    },
    stop: async (hooks: number): Promise<void> => {
      state.stopping = true;
      await senders;
      await until(
        () => Promise.resolve(arrived()),
        (now) => now >= state.accepted * hooks,
      );
    },
  };
};

it('under load, rotation and switch: whoever knows either secret of the time refuses nothing', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const dialects = ['standard', 'github'];
  const hooks = await Promise.all(
    dialects.map(async (dialect) => ({
      dialect,
      id: (await server.addHook(`${receiver.origin}/${dialect}`, { dialect, secret: OLD })).id,
    })),
  );
  const each = (call: string, fields?: object) =>
    Promise.all(hooks.map(({ id }) => server.api(`POST /v1/webhooks/${id}/${call}`, fields)));
  const load = startLoad(server, receiver);
  await load.more(100);
  await each('rotate-secret', { secret: NEW });
  const rotated = Date.now();
  await load.more(100);
  const switching = Date.now();
  await each('rotate-secret/switch');
  const switched = Date.now();
  await load.more(100);
  await load.stop(hooks.length);

  const found = { standard: new Set<string>(), github: new Set<string>() };
  for (const call of receiver.calls) {
    const dialect = call.path.slice(1) as keyof typeof found;
    const by = (await signers(dialect, { headers: call.headers, body: call.body.toString() })).join('+');
    const at = Date.parse((JSON.parse(call.body.toString()) as { timestamp?: string }).timestamp ?? '');
    if (dialect === 'standard') {
      // The event's time is that of its acceptance, which is before it is signed.
      if (at > rotated && at < switching) expect(by).toMatch(/new/);
      if (at > switched) expect(by).toBe('new');
    }
    found[dialect].add(by);
  }
  expect([...found.standard]).toEqual(['old', 'old+new', 'new']);
  expect([...found.github]).toEqual(['old', 'new']);
});
