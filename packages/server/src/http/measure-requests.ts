import type { Context, Hono, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Metrics, RouteLabels } from './metrics.ts';

/** Requests that no route matches. */
const OTHER: RouteLabels = { method: 'other', route: 'other' };

/** Measures every request under the template of its route. Mount it before the routes, and call `addRoutes` after them. */
export const measureRequests = (
  metrics: Metrics,
  now: () => number,
): { readonly middleware: MiddlewareHandler; readonly addRoutes: (app: Hono) => void } => {
  const labels = new Map<string, RouteLabels>();
  const labelsOf = (c: Context): RouteLabels => {
    // The path of a route without parameters, as of most calls: the list of matched routes costs more than the lookup.
    const literal = labels.get(`${c.req.method} ${c.req.path}`);
    if (literal !== undefined) return literal;
    const matched = matchedRoutes(c).find(({ method, path }) => labels.has(`${method} ${path}`));
    return (matched === undefined ? undefined : labels.get(`${matched.method} ${matched.path}`)) ?? OTHER;
  };
  return {
    middleware: async (c, next) => {
      const began = now();
      await next();
      metrics.observeRequest(labelsOf(c), c.res.status, now() - began);
    },
    addRoutes: ({ routes }) => {
      for (const { method, path } of routes) {
        // Middleware.
        if (path === '/*') continue;
        labels.set(`${method} ${path}`, {
          method: method === 'ALL' ? 'any' : method,
          // Both prefixes serve the same routes.
          route: path.replace(/^\/api(?=\/v1)/, '').replaceAll(/:(\w+)/g, '{$1}'),
        });
      }
      metrics.addRoutes([...labels.values(), OTHER]);
    },
  };
};
