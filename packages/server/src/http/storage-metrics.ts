import type { Clock } from '../ports/clock.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Store } from '../ports/store.ts';
import { Counter, Gauge, type Registry } from './prom-client.ts';

/** The methods that a scrape calls. */
export interface StorageSources {
  readonly clock: Pick<Clock, 'now'>;
  readonly store: Pick<Store, 'openDeliveries' | 'openBreakers' | 'fileSizes' | 'scrubStatus'>;
  readonly repositories: {
    readonly recoveries: Pick<Repositories['recoveries'], 'countRunning'>;
    readonly erasures: Pick<Repositories['erasures'], 'countRunning'>;
  };
}

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: string[];
}

const gauge = (definition: Definition): Gauge => new Gauge({ ...definition, registers: [] });

/** Metrics with and without labels. */
interface Metrics {
  readonly labeled: readonly Gauge[];
  readonly plain: readonly (Gauge | Counter)[];
}

interface Reading extends Metrics {
  readonly read: () => Promise<void>;
}

/** If it fails, only these series are left out: metrics matter most while the server is overloaded. */
const createReading = (
  { labeled = [], plain = [] }: Partial<Metrics>,
  read: () => Promise<void>,
): Reading => ({
  labeled,
  plain,
  read: async () => {
    try {
      await read();
    } catch {
      for (const metric of labeled) metric.reset();
      // Resetting one without labels would set it to 0, which looks like a measurement.
      for (const metric of plain) metric.remove();
    }
  },
});

const deliveries = ({ clock, store }: StorageSources): Reading => {
  const open = gauge({
    name: 'bellwire_deliveries_open',
    help: 'Deliveries that are not final, by status; counted up to 1,000,000.',
    labelNames: ['status'],
  });
  const due = gauge({
    name: 'bellwire_deliveries_due',
    help: 'Backlog: pending deliveries whose next attempt is due; counted up to 1,000,000.',
  });
  const age = gauge({
    name: 'bellwire_oldest_due_delivery_age_seconds',
    help: 'How long the oldest due delivery has been due; 0 if none is.',
  });
  return createReading({ labeled: [open], plain: [due, age] }, async () => {
    const at = clock.now();
    const counts = await store.openDeliveries(at);
    for (const status of ['pending', 'sending', 'held'] as const) open.set({ status }, counts[status]);
    due.set(counts.due);
    age.set(counts.oldest_due_at === null ? 0 : Math.max(0, at - counts.oldest_due_at) / 1000);
  });
};

const breakers = ({ store }: StorageSources): Reading => {
  const open = gauge({
    name: 'bellwire_breakers_open',
    help: 'Hooks to which nothing but probes is sent, because their receivers fail.',
  });
  return createReading({ plain: [open] }, async () => open.set(await store.openBreakers()));
};

const files = ({ store }: StorageSources): Reading => {
  const size = gauge({
    name: 'bellwire_database_size_bytes',
    help: 'Sizes of the database file and of its write-ahead log.',
    labelNames: ['file'],
  });
  const free = gauge({
    name: 'bellwire_disk_free_bytes',
    help: 'Free space of the volume of the database file.',
  });
  return createReading({ labeled: [size], plain: [free] }, async () => {
    const { database, wal, volume } = await store.fileSizes();
    if (volume === null) free.remove();
    else free.set(volume.free_bytes);
    size.set({ file: 'database' }, database);
    size.set({ file: 'wal' }, wal);
  });
};

const scrub = ({ store }: StorageSources): Reading => {
  const passes = new Counter({
    name: 'bellwire_scrub_passes_total',
    help: 'Completed passes that removed deleted rows from the database file, including those of earlier processes.',
    registers: [],
  });
  const running = gauge({ name: 'bellwire_scrub_running', help: 'Whether a scrub pass is in progress.' });
  const failed = gauge({
    name: 'bellwire_scrub_failed',
    help: 'Whether the last scrub pass failed and none has begun since.',
  });
  return createReading({ plain: [passes, running, failed] }, async () => {
    const { completed, is_running, has_failed } = await store.scrubStatus();
    passes.reset();
    passes.inc(completed);
    running.set(Number(is_running));
    failed.set(Number(has_failed));
  });
};

const jobs = ({ repositories: { recoveries, erasures } }: StorageSources): Reading => {
  const running = gauge({
    name: 'bellwire_jobs_running',
    help: 'Recoveries and erasures that have not completed.',
    labelNames: ['kind'],
  });
  return createReading({ labeled: [running] }, async () => {
    const [recovery, erasure] = await Promise.all([recoveries.countRunning(), erasures.countRunning()]);
    running.set({ kind: 'recovery' }, recovery);
    running.set({ kind: 'erasure' }, erasure);
  });
};

/** Registers the metrics of the database. The returned function reads them; call it before each scrape. */
export const registerStorageMetrics = (
  registry: Registry,
  sources: StorageSources,
): (() => Promise<void>) => {
  const readings = [deliveries, breakers, files, scrub, jobs].map((create) => create(sources));
  for (const { labeled, plain } of readings) {
    for (const metric of [...labeled, ...plain]) registry.registerMetric(metric);
  }
  return async () => {
    await Promise.all(readings.map(({ read }) => read()));
  };
};
