import type { Gauges } from '../delivery/delivery-loop.ts';
import type { Observation } from '../delivery/report.ts';
import type { Clock } from '../ports/clock.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { SchemaCheckFacts } from '../ports/schema-check.ts';
import { LABELED_WORKSPACES_MAX, LoopMetrics } from './loop-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { Counter, Gauge, Histogram, Registry } from './prom-client.ts';
import { registerStorageMetrics, type StorageSources } from './storage-metrics.ts';

/** A route as a label: its template, never the path of a request. */
export interface RouteLabels {
  readonly method: string;
  /** `/v1/webhooks/{hook_id}` */
  readonly route: string;
}

export interface Metrics {
  readonly observe: (observation: Observation) => void;
  /** Creates the series of routes, so that the first request of each is an increase. */
  readonly addRoutes: (routes: readonly RouteLabels[]) => void;
  readonly observeRequest: (route: RouteLabels, status: number, duration_ms: number) => void;
  /** Prometheus text. Calls at the same time share one reading of the database. */
  readonly text: () => Promise<string>;
  readonly content_type: string;
}

export interface MetricsSources extends StorageSources {
  readonly gauges: () => Gauges;
  readonly schemaFacts: () => SchemaCheckFacts;
  readonly clock: Pick<Clock, 'now' | 'soon'>;
  readonly repositories: StorageSources['repositories'] & {
    readonly workspaces: Pick<Repositories['workspaces'], 'firstIds'>;
  };
}

const REQUEST_SECONDS = [0.01, 0.05, 0.25, 1, 5];
const STATUS_CLASSES = ['2xx', '4xx', '5xx'] as const;

const GAUGES: readonly { readonly name: string; readonly help: string; readonly field: keyof Gauges }[] = [
  { name: 'bellwire_attempts_in_flight', help: 'Attempts in progress.', field: 'in_flight' },
  { name: 'bellwire_deliveries_queued', help: 'Leased deliveries waiting in memory.', field: 'queued' },
  { name: 'bellwire_accepts_waiting', help: 'Events waiting to be accepted.', field: 'waiting_accepts' },
];

/** Gauges of the delivery loop, read at each scrape. */
const registerGauges = (registry: Registry, gauges: () => Gauges): void => {
  for (const { name, help, field } of GAUGES) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => {
        gauge.set(gauges()[field]);
      },
    });
  }
};

/** Counters of the schema thread, read at each scrape. */
const registerSchemaMetrics = (registry: Registry, facts: () => SchemaCheckFacts): void => {
  const register = (name: string, help: string, read: () => number): void => {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [registry],
      collect: () => {
        counter.reset();
        counter.inc(read());
      },
    });
  };
  register(
    'bellwire_schema_thread_seconds_total',
    'Time of the thread that compiles schemas and checks data.',
    () => facts().thread_ms / 1000,
  );
  register(
    'bellwire_schema_threads_ended_total',
    'Threads that were ended because a check exceeded its time or memory.',
    () => facts().ended_threads,
  );
};

/** Calls during a run share its result. */
const shared = <T>(run: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<T> | null = null;
  return () =>
    (running ??= run().finally(() => {
      running = null;
    }));
};

/** The metrics of a server and its process. Label values come from fixed sets, except the ids of 100 workspaces. */
export const createMetrics = (sources: MetricsSources): Metrics => {
  const registry = new Registry();
  const loop = new LoopMetrics(registry);
  registerGauges(registry, sources.gauges);
  registerSchemaMetrics(registry, sources.schemaFacts);
  const readStorage = registerStorageMetrics(registry, sources);
  const requests = new Histogram({
    name: 'bellwire_http_request_duration_seconds',
    help: 'Duration of HTTP requests by method, route and class of status, such as 2xx.',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers: [registry],
  });
  const readWorkspaces = async (): Promise<void> => {
    // Without this list, workspaces have their series from their first attempt on.
    const ids = await sources.repositories.workspaces.firstIds(LABELED_WORKSPACES_MAX).catch(() => []);
    for (const id of ids) loop.addWorkspace(id);
  };
  const render = async (): Promise<string> => {
    const texts: string[] = [];
    for (const from of [registry, await processMetrics()]) {
      for (const { name } of from.getMetricsAsArray()) {
        texts.push(await from.getSingleMetricAsString(name));
        // One metric at a time, so that accepts wait for no more than one.
        await new Promise<void>((resolve) => sources.clock.soon(resolve));
      }
    }
    return `${texts.join('\n\n')}\n`;
  };
  return {
    observe: (observation) => loop.observe(observation),
    addRoutes: (routes) => {
      for (const route of routes) {
        for (const status of STATUS_CLASSES) requests.zero({ ...route, status });
      }
    },
    observeRequest: ({ method, route }, status, duration_ms) =>
      requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, duration_ms / 1000),
    text: shared(async () => {
      await Promise.all([readStorage(), readWorkspaces()]);
      return render();
    }),
    content_type: registry.contentType,
  };
};
