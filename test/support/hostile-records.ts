import { asciiTexts, controlText, hostileTexts } from './hostile-texts.ts';
import { startReceiver } from './receiver.ts';
import { type RunningServer, startServer } from './running-server.ts';

/** A name that objects have without being given it. */
export const HOSTILE_TYPE = 'constructor';

const all = [controlText, ...hostileTexts];
const withoutSpaces = hostileTexts.filter((text) => !/[\s\p{C}]/u.test(text));

/** At most 20 entries of a map, with several texts each. */
const asMap = (texts: readonly string[], characters: number): Record<string, string> =>
  Object.fromEntries(
    texts
      .slice(0, 19)
      .map((text, at) => [text.slice(0, 64), `${text}${texts[at + 20] ?? ''}`.slice(0, characters)]),
  );

const asData = (): Record<string, unknown> => ({
  ...Object.fromEntries(all.map((text) => [text, text])),
  ['__proto__ ']: all,
  toString: null,
});

const schema = {
  type: 'object',
  description: all.join('\n'),
  properties: Object.fromEntries(
    all.map((text) => [text, { type: ['string', 'null'], description: text, examples: [text] }]),
  ),
};

export interface HostileServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly hook_id: string;
  readonly tenant: string;
  readonly workspace_id: string;
}

const call = async ({ api }: RunningServer, ...[path, body]: Parameters<RunningServer['api']>) => {
  const { status, text, body: answer } = await api(path, body);
  if (status >= 300) throw new Error(`${path}: ${text}`);
  return answer;
};

const fillRegistry = async (server: RunningServer, origin: string): Promise<void> => {
  await call(server, `PUT /v1/event-types/${HOSTILE_TYPE}`, {
    description: all.join(' ').slice(0, 2_000),
    schema,
    example: asData(),
  });
  for (const [at, text] of hostileTexts.entries()) {
    const name = text.slice(0, 128);
    await server.addHook(`${origin}/${at}?q=${encodeURIComponent(text)}&raw=${at}`, {
      name,
      events: [HOSTILE_TYPE],
      description: `${text}\n${all.join(' ')}`.slice(0, 1_000),
      metadata: asMap(hostileTexts.slice(at), 1_024),
      headers: { 'x-hostile': asciiTexts[at % asciiTexts.length] },
    });
    await call(server, 'POST /v1/api-keys', { name, scope: 'send' });
    await call(server, 'POST /v1/workspaces', { name });
  }
  for (const tenant of withoutSpaces) {
    await server.addHook(`${origin}/tenant`, { tenant, events: ['none'], name: tenant });
    await call(server, `PATCH /v1/tenants/${encodeURIComponent(tenant)}`, { metadata: asMap(all, 1_024) });
  }
};

const fillEvents = async (server: RunningServer): Promise<void> => {
  for (const [at, text] of asciiTexts.entries()) {
    await server.send({
      type: at === 0 ? HOSTILE_TYPE : 'toString',
      data: at === 0 ? asData() : { text },
      idempotency_key: text.slice(0, 256),
      metadata: { [text.slice(0, 64)]: text.slice(0, 256) },
      tenant: withoutSpaces[at % withoutSpaces.length],
    });
  }
  // Reaches the webhooks without a tenant.
  await server.send({
    type: HOSTILE_TYPE,
    data: asData(),
    metadata: { [all[2]!.slice(0, 64)]: controlText },
  });
};

/** A server whose every text comes from an attacker: names, addresses, data, and what the receivers respond. */
export const startHostileServer = async (): Promise<HostileServer> => {
  await using parts = new AsyncDisposableStack();
  const receiver = parts.use(
    await startReceiver((_, nth) => ({
      status: nth % 3 === 0 ? 200 : 400,
      headers: {
        'content-type': 'text/html',
        'x-hostile': asciiTexts[nth % asciiTexts.length]!,
        location: 'javascript:window.hit=1',
      },
      body: all.join('\n'),
    })),
  );
  const server = parts.use(await startServer());
  await fillRegistry(server, receiver.origin);
  await fillEvents(server);
  const { body: hooks } = await server.api('GET /v1/webhooks?limit=1000');
  const { body: workspaces } = await server.api('GET /v1/workspaces?limit=1000');
  const kept = parts.move();
  return {
    server,
    hook_id: hooks.data.find(({ name }) => name.includes('\u202e'))!.id,
    tenant: withoutSpaces[0]!,
    workspace_id: workspaces.data.find(({ name }) => name.includes('<script>'))!.id,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};
