import { request } from 'undici';
import type { Child } from './child.ts';
import type { Load } from './load.ts';

/** The first message of the server and the receiver, sent when they listen. */
export interface Hello {
  readonly port: number;
}

export const HOOKS = 32;
export const API_KEY = 'api-key-of-the-benchmark';
export const PADDING = 'x'.repeat(300);

export const urlOf = (child: Child<Hello>): string => `http://127.0.0.1:${child.hello.port}`;

/** Creates a hook in the default workspace. @throws Error unless it is created */
export const createHook = async (
  server: Child<Hello>,
  hook: { readonly url: string; readonly events: readonly string[] },
): Promise<void> => {
  const response = await request(`${urlOf(server)}/v1/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(hook),
  });
  if (response.statusCode !== 201)
    throw new Error(`a hook could not be created: ${await response.body.text()}`);
  await response.body.dump();
};

/** Creates hooks in the default workspace, each with its own event type. */
export const createHooks = async (server: Child<Hello>, receiver: Child<Hello>): Promise<void> => {
  for (let n = 0; n < HOOKS; n += 1) {
    await createHook(server, { url: `${urlOf(receiver)}/hook/${n}`, events: [`bench.n${n}`] });
  }
};

/** Events for the hooks in rotation, one hook per event. */
export const eventsFor = (server: Child<Hello>): Load => ({
  port: server.hello.port,
  path: '/v1/events',
  headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
  body: (n) =>
    `{"type":"bench.n${n % HOOKS}","data":{"n":${n},"sent_at":${(performance.timeOrigin + performance.now()).toFixed(2)},"padding":"${PADDING}"}}`,
  expected_status: 202,
});
