import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSignedWith } from '../support/signature-checks.ts';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const HOUR_MS = 3_600_000;
const whsec = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const [FIRST, SECOND, THIRD] = [whsec(1), whsec(2), whsec(3)] as const;

let server: VirtualServer;
beforeAll(async () => {
  server = await startVirtualServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const hookIn = async (dialect: string, secret: string | null = FIRST): Promise<string> =>
  (await server.addHook(`/${dialect}`, { dialect, secret })).id;

interface Shown {
  readonly secret_state: unknown;
  readonly warnings: readonly object[];
}

const call = async (...[path, body]: Parameters<VirtualServer['api']>) => {
  const answer = await server.api(path, body);
  return { status: answer.status, body: answer.body as unknown as Shown };
};
const get = async (id: string) => (await call(`GET /v1/webhooks/${id}`)).body;
const rotate = (id: string, secret: string, grace_seconds: number) =>
  call(`POST /v1/webhooks/${id}/rotate-secret`, { secret, grace_seconds });
const patch = (id: string, secret: string | null) => call(`PATCH /v1/webhooks/${id}`, { secret });

/** Which of the secrets signed the next test event of a hook. */
const signersOf = async (id: string, dialect: string): Promise<readonly string[]> => {
  const before = server.sent().length;
  await server.api(`POST /v1/webhooks/${id}/test`);
  await server.live(1);
  const { request } = server.sent().slice(before)[0]!;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const secrets = [FIRST, SECOND, THIRD];
  const valid = await Promise.all(
    secrets.map((secret) => isSignedWith(dialect, { headers, body: request.body }, secret)),
  );
  return secrets.filter((_, index) => valid[index]);
};

describe.each(['standard', 'stripe', 'github', 'q2', 'resource-api'])('%s', (dialect) => {
  it('a grace period of zero ends every older secret, also those of earlier rotations', async () => {
    const id = await hookIn(dialect);
    await rotate(id, SECOND, 86_400);
    const { body } = await rotate(id, THIRD, 0);
    expect(body.secret_state).toEqual({ signing: 'current', previous: [], switch_at: null });
    expect(await signersOf(id, dialect)).toEqual([THIRD]);
  });

  it('a PATCH replaces every secret at once', async () => {
    const id = await hookIn(dialect);
    await rotate(id, SECOND, 86_400);
    const { status, body } = await patch(id, THIRD);
    expect([status, 'secret' in body]).toEqual([200, false]);
    expect(body.secret_state).toEqual({ signing: 'current', previous: [], switch_at: null });
    expect(await signersOf(id, dialect)).toEqual([THIRD]);
  });
});

it.each([
  ['standard', 'current_and_previous'],
  ['github', 'previous'],
])(
  '%s: the answer to a rotation, a read and a list say what signs and until when',
  async (dialect, signing) => {
    const id = await hookIn(dialect);
    const now = server.clock.now();
    const { body } = await rotate(id, SECOND, 3_600);
    const at = new Date(now + HOUR_MS).toISOString();
    const state = { signing, previous: [{ expires_at: at }], switch_at: at };
    expect(body.secret_state).toEqual(state);
    expect((await get(id)).secret_state).toEqual(state);
    const { data } = (await server.api('GET /v1/webhooks?limit=1000')).body as unknown as {
      readonly data: readonly { readonly id: string; readonly secret_state: unknown }[];
    };
    expect(data.find((hook) => hook.id === id)?.secret_state).toEqual(state);
    await server.live(HOUR_MS);
    expect((await get(id)).secret_state).toEqual({ signing: 'current', previous: [], switch_at: null });
  },
);

it('null removes the secret where the dialect allows that, and is refused elsewhere', async () => {
  const id = await hookIn('github');
  expect((await patch(id, null)).body.secret_state).toEqual({
    signing: 'none',
    previous: [],
    switch_at: null,
  });
  expect((await patch(await hookIn('standard'), null)).status).toBe(422);
  expect((await get(id)).secret_state).toMatchObject({ signing: 'none' });
});

it('a replaced or removed secret is in the audit log, and a short one is warned about', async () => {
  const id = await hookIn('github');
  expect((await patch(id, 'short')).body.warnings).toContainEqual({
    code: 'weak_secret',
    message: expect.stringContaining('16 characters'),
  });
  await patch(id, null);
  const { data } = (await server.api('GET /v1/audit?limit=2')).body as unknown as { readonly data: unknown };
  expect(data).toMatchObject([
    { action: 'secret.removed', subject: id },
    { action: 'secret.replaced', subject: id },
  ]);
});
