import { deliveryStatuses } from '../core/delivery.ts';
import { hasSchedule, triggers } from '../core/event.ts';
import { outcomeKinds, serverFaults } from '../core/outcome.ts';
import type { Observation } from '../delivery/report.ts';
import { Counter, Histogram, type Registry } from './prom-client.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** Workspaces with their own label. */
export const LABELED_WORKSPACES_MAX = 100;
const OTHER = 'other';

const on_demand = triggers.filter((trigger) => !hasSchedule(trigger));
const of_events = triggers.filter((trigger) => trigger !== 'manual' && trigger !== 'recovery');

const after_attempt = deliveryStatuses.filter((status) => status !== 'sending');

type Attempted = Extract<Observation, { kind: 'attempted' }>;

/** Attempts of the schedule by workspace. Each series exists, with 0, as soon as its workspace is known. */
class WorkspaceAttempts {
  readonly #attempts: Counter;
  readonly #labeled = new Set<string>();

  constructor(registers: Registry[]) {
    this.#attempts = new Counter({
      name: 'bellwire_attempts_total',
      help: 'Attempts on the retry schedule, including those of recoveries.',
      labelNames: ['workspace', 'outcome'],
      registers,
    });
    this.#zero(OTHER);
  }

  add(workspace_id: string): void {
    if (this.#labeled.has(workspace_id) || this.#labeled.size >= LABELED_WORKSPACES_MAX) return;
    this.#labeled.add(workspace_id);
    this.#zero(workspace_id);
  }

  count({ workspace_id, outcome }: Attempted): void {
    this.add(workspace_id);
    this.#attempts.inc({ workspace: this.#labeled.has(workspace_id) ? workspace_id : OTHER, outcome });
  }

  #zero(workspace: string): void {
    for (const outcome of outcomeKinds) this.#attempts.inc({ workspace, outcome }, 0);
  }
}

/** Counts the observations of the delivery loop since the start. */
export class LoopMetrics {
  readonly #scheduled: WorkspaceAttempts;
  readonly #events: Counter;
  readonly #deliveries: Counter;
  readonly #filtered: Counter;
  readonly #failed_filters: Counter;
  readonly #on_demand: Counter;
  readonly #steps: Counter;
  readonly #faults: Counter;
  readonly #stale: Counter;
  readonly #expired: Counter;
  readonly #duration: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers });
    this.#events = counter('bellwire_events_accepted_total', 'Events accepted.', ['trigger']);
    this.#deliveries = counter(
      'bellwire_deliveries_created_total',
      'Deliveries created for accepted events.',
      ['trigger'],
    );
    this.#filtered = counter(
      'bellwire_deliveries_filtered_total',
      'Subscribed hooks that did not get an accepted event because of their filter.',
    );
    this.#failed_filters = counter(
      'bellwire_filter_failures_total',
      'Filters that could not be evaluated; their hooks got the event.',
    );
    this.#scheduled = new WorkspaceAttempts(registers);
    this.#on_demand = counter(
      'bellwire_on_demand_attempts_total',
      'Single attempts that a user requested: pings, test sends, validations and manual retries.',
      ['trigger', 'outcome'],
    );
    this.#steps = counter(
      'bellwire_delivery_steps_total',
      'Attempts by the status of their delivery afterwards.',
      ['trigger', 'status'],
    );
    this.#faults = counter(
      'bellwire_server_faults_total',
      'Attempts that this server could not carry out, for lack of files, memory, ports, DNS servers or its proxy.',
      ['kind'],
    );
    this.#stale = counter('bellwire_stale_results_total', 'Results dropped because their lease had expired.');
    this.#expired = counter(
      'bellwire_deliveries_expired_total',
      'Deliveries canceled because they waited for longer than the retention.',
    );
    this.#duration = new Histogram({
      name: 'bellwire_attempt_duration_seconds',
      help: 'Duration of attempts on the retry schedule, including those of recoveries.',
      buckets: SECONDS,
      registers,
    });
    this.#zero();
  }

  /** Gives a workspace its label, if there are labels left. */
  addWorkspace(workspace_id: string): void {
    this.#scheduled.add(workspace_id);
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'accepted': {
        const { trigger, deliveries, filtered } = observation;
        this.#events.inc({ trigger });
        this.#deliveries.inc({ trigger }, deliveries);
        if (filtered > 0) this.#filtered.inc(filtered);
        return;
      }
      case 'filter_failed':
        this.#failed_filters.inc();
        return;
      case 'attempted':
        this.#attempted(observation);
        return;
      case 'stale':
        this.#stale.inc();
        return;
      case 'expired':
        this.#expired.inc(observation.deliveries);
    }
  }

  #attempted(attempted: Attempted): void {
    const { trigger, outcome, fault, status, duration_ms } = attempted;
    if (fault !== null) this.#faults.inc({ kind: fault });
    this.#steps.inc({ trigger, status });
    if (hasSchedule(trigger)) {
      this.#scheduled.count(attempted);
      this.#duration.observe(duration_ms / 1000);
    } else this.#on_demand.inc({ trigger, outcome });
  }

  /** Otherwise Prometheus would not see the first increase of a series. */
  #zero(): void {
    for (const kind of serverFaults) this.#faults.inc({ kind }, 0);
    for (const trigger of of_events) {
      this.#events.inc({ trigger }, 0);
      this.#deliveries.inc({ trigger }, 0);
    }
    for (const trigger of on_demand) {
      for (const outcome of outcomeKinds) this.#on_demand.inc({ trigger, outcome }, 0);
    }
    for (const trigger of triggers) {
      for (const status of after_attempt) {
        this.#steps.inc({ trigger, status }, 0);
      }
    }
  }
}
