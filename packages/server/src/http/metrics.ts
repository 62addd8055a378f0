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

/** What the delivery loop did and has to do, without a label that a tenant could make up. */
export const createMetrics = (sources: MetricsSources): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });

  const events = counter('bellwire_events_accepted_total', 'Events accepted since the start.');
  const deliveries = counter('bellwire_deliveries_created_total', 'Deliveries made for them.');
  const attempts = counter('bellwire_attempts_total', 'Attempts recorded, by outcome.', ['outcome']);
  const settled = counter('bellwire_delivery_steps_total', 'What attempts left their deliveries as.', [
    'status',
  ]);
  const stale = counter('bellwire_stale_results_total', 'Results dropped because their lease had passed on.');
  const duration = new Histogram({
    name: 'bellwire_attempt_duration_seconds',
    help: 'From the start of an attempt to its end.',
    buckets: SECONDS,
    registers,
  });
  gauge('bellwire_attempts_in_flight', 'Attempts under way.', () => sources.gauges().in_flight);
  gauge(
    'bellwire_deliveries_queued',
    'Leased deliveries that wait in memory.',
    () => sources.gauges().queued,
  );
  gauge(
    'bellwire_accepts_waiting',
    'Events that wait to be accepted.',
    () => sources.gauges().waiting_accepts,
  );
  const open = new Gauge({
    name: 'bellwire_deliveries_open',
    help: 'Deliveries that are not final, by status.',
    labelNames: ['status'],
    registers,
    collect: async () => {
      try {
        for (const [status, count] of Object.entries(await sources.openDeliveries()))
          open.set({ status }, count);
      } catch {
        // Without these series, but with all others: an overloaded server is the one to look at.
        open.reset();
      }
    },
  });

  return {
    observe: (observation) => {
      switch (observation.kind) {
        case 'accepted':
          events.inc();
          deliveries.inc(observation.deliveries);
          return;
        case 'attempted':
          attempts.inc({ outcome: observation.outcome });
          settled.inc({ status: observation.status });
          duration.observe(observation.duration_ms / 1000);
          return;
        case 'stale':
          stale.inc();
      }
    },
    text: () => registry.metrics(),
    content_type: registry.contentType,
  };
};
