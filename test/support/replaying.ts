import { expect } from 'vitest';
import type { VirtualServer } from './virtual-server.ts';

/** A time in milliseconds as the API takes it. */
export const iso = (time: number): string => new Date(time).toISOString();

/** Replays a hook, from the beginning of time unless `since` says otherwise. */
export const replay = (server: VirtualServer, id: string, fields: object = {}) =>
  server.api(`POST /v1/webhooks/${id}/replay`, { since: iso(0), ...fields });

/** What a dry run counts. */
export const counted = async (server: VirtualServer, id: string, fields: object = {}): Promise<number> => {
  const { body, text } = await replay(server, id, { dry_run: true, ...fields });
  expect(body, text).toEqual({ count: expect.any(Number) as number, replayed: 0 });
  return (JSON.parse(text) as { count: number }).count;
};

/** The deliveries of a hook, the newest first. */
export const deliveriesOf = async (server: VirtualServer, id: string) =>
  (await server.api(`GET /v1/webhooks/${id}/deliveries?limit=1000`)).body.data;

/** The ids of the events that a receiver got from the n-th request on. */
export const eventsAt = (server: VirtualServer, path: string, from = 0): readonly string[] =>
  server
    .sentTo(path)
    .slice(from)
    .map(({ request }) => request.headers['webhook-id']!);

/** One of the verbs of a hook that need no body. */
export const verb = (server: VirtualServer, id: string, name: string) =>
  server.api(`POST /v1/webhooks/${id}/${name}`);
