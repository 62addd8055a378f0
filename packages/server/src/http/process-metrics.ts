import type { Registry } from 'prom-client';

/** Gauges whose names end in `_total`, handles that only undocumented functions of Node list, and unused statistics. */
const OMITTED = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
];

let created: Registry | null = null;

/** CPU, memory, files, event loop and garbage collection of this process. All servers in it share one registry. */
export const processMetrics = async (): Promise<Registry> => {
  if (created !== null) return created;
  const { collectDefaultMetrics, Histogram, Registry } = await import('prom-client');
  if (created !== null) return created;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of OMITTED) registry.removeSingleMetric(name);
  const collections = registry.getSingleMetric('nodejs_gc_duration_seconds');
  if (collections instanceof Histogram) {
    for (const kind of ['major', 'minor', 'incremental', 'weakcb']) collections.zero({ kind });
  }
  created = registry;
  return registry;
};
