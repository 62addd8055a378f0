import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Gauges } from '../delivery/delivery-loop.ts';
import type { Observation } from '../delivery/report.ts';

export interface Metrics {
  readonly observe: (observation: Observation) => void;
  /** Prometheus text. */
  readonly text: () => Promise<string>;
  readonly content_type: string;
}

export interface MetricsSources {
  readonly gauges: () => Gauges;
  readonly openDeliveries: () => Promise<{
    readonly pending: number;
    readonly sending: number;
    readonly held: number;
  }>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

const GAUGES: readonly { readonly name: string; readonly help: string; readonly field: keyof Gauges }[] = [
  { name: 'bellwire_attempts_in_flight', help: 'Attempts in progress.', field: 'in_flight' },
  { name: 'bellwire_deliveries_queued', help: 'Leased deliveries waiting in memory.', field: 'queued' },
  { name: 'bellwire_accepts_waiting', help: 'Events waiting to be accepted.', field: 'waiting_accepts' },
];

/** Counts the observations of the delivery loop since the start. */
class Counters {
  readonly #events: Counter;
  readonly #deliveries: Counter;
  readonly #attempts: Counter;
  readonly #steps: Counter;
  readonly #stale: Counter;
  readonly #expired: Counter;
  readonly #duration: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers });
    this.#events = counter('bellwire_events_accepted_total', 'Events accepted since the start.');
    this.#deliveries = counter(
      'bellwire_deliveries_created_total',
      'Deliveries created for accepted events.',
    );
    this.#attempts = counter('bellwire_attempts_total', 'Attempts recorded, by outcome.', ['outcome']);
    this.#steps = counter('bellwire_delivery_steps_total', 'Status of deliveries after an attempt.', [
      'status',
    ]);
    this.#stale = counter('bellwire_stale_results_total', 'Results dropped because their lease had expired.');
    this.#expired = counter(
      'bellwire_deliveries_expired_total',
      'Deliveries canceled because they waited for longer than the retention.',
    );
    this.#duration = new Histogram({
      name: 'bellwire_attempt_duration_seconds',
      help: 'Duration of attempts in seconds.',
      buckets: SECONDS,
      registers,
    });
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'accepted':
        this.#events.inc();
        this.#deliveries.inc(observation.deliveries);
        return;
      case 'attempted':
        this.#attempts.inc({ outcome: observation.outcome });
        this.#steps.inc({ status: observation.status });
        this.#duration.observe(observation.duration_ms / 1000);
        return;
      case 'stale':
        this.#stale.inc();
        return;
      case 'expired':
        this.#expired.inc(observation.deliveries);
    }
  }
}

/** Gauges of the delivery loop, read at each scrape. */
const createGauges = ({ gauges, openDeliveries }: MetricsSources): readonly Gauge[] => [
  ...GAUGES.map(
    ({ name, help, field }) =>
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(gauges()[field]);
        },
      }),
  ),
  new Gauge({
    name: 'bellwire_deliveries_open',
    help: 'Deliveries that are not final, by status.',
    labelNames: ['status'],
    registers: [],
    async collect() {
      try {
        for (const [status, count] of Object.entries(await openDeliveries())) this.set({ status }, count);
      } catch {
        // Only these series are left out: metrics matter most while the server is overloaded.
        this.reset();
      }
    },
  }),
];

/** Metrics of the delivery loop. Label values are never user-controlled. */
export const createMetrics = (sources: MetricsSources): Metrics => {
  const registry = new Registry();
  const counters = new Counters(registry);
  for (const gauge of createGauges(sources)) registry.registerMetric(gauge);
  return {
    observe: (observation) => counters.observe(observation),
    text: () => registry.metrics(),
    content_type: registry.contentType,
  };
};
