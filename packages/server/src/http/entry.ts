import type { Hono } from 'hono';
import { API_HEADERS } from './answers.ts';
import type { RestRoute } from './routes.ts';

/** The paths of the lists: `/webhooks`. */
const collectionsIn = (routes: readonly RestRoute[]): readonly string[] =>
  routes
    .filter(
      ({ name, in_path, route }) => name.endsWith('.list') && in_path.length === 0 && route.method === 'GET',
    )
    .map(({ route }) => route.path)
    .toSorted();

/** `event_types` for `/event-types`. */
const nameOf = (path: string): string => path.slice(1).replaceAll('-', '_');

/** The answer at the start of the API: where its documentation and its lists are. */
export const entryOf = (prefix: string, routes: readonly RestRoute[]) => ({
  name: 'Bellwire',
  documentation: '/docs',
  openapi: '/openapi.json',
  authentication: 'Send the header "Authorization: Bearer <key>" with every call.',
  collections: Object.fromEntries(collectionsIn(routes).map((path) => [nameOf(path), prefix + path])),
});

/** Mounts a page of links at each prefix. It contains no secrets, so it needs no API key. */
export const mountEntry = (app: Hono, prefixes: readonly string[], routes: readonly RestRoute[]): void => {
  for (const prefix of prefixes) {
    const entry = entryOf(prefix, routes);
    app.get(prefix, (c) => c.json(entry, 200, API_HEADERS));
  }
};
