import { type StatsCounter, countersOf } from '../../core/attempt-stats.ts';
import type { AttemptedSettlement } from '../../ports/store.ts';
import type { StatsKind } from '../schema.ts';

/** The hook, tenant or workspace of an attempt. */
export interface StatsSubject {
  readonly workspace_id: string;
  readonly kind: StatsKind;
  readonly subject: string;
}

export interface CountedSubject extends StatsSubject {
  readonly counts: Map<StatsCounter, number>;
}

/** The attempts of one transaction, counted for their hooks, tenants and workspaces. */
export class StatsBatch {
  readonly #subjects = new Map<string, CountedSubject>();

  get subjects(): Iterable<CountedSubject> {
    return this.#subjects.values();
  }

  /** Call it when the attempt is written: a savepoint that is rolled back does not undo it. */
  count({ delivery, attempt }: AttemptedSettlement): void {
    const { workspace_id, hook_id, tenant, trigger } = delivery;
    const { outcome, timings } = attempt;
    const counters = countersOf({ trigger, outcome, duration_ms: timings?.total_ms ?? null });
    this.#add({ workspace_id, kind: 'hook', subject: hook_id }, counters);
    if (tenant !== null) this.#add({ workspace_id, kind: 'tenant', subject: tenant }, counters);
    this.#add({ workspace_id, kind: 'workspace', subject: workspace_id }, counters);
  }

  #add(of: StatsSubject, counters: readonly StatsCounter[]): void {
    const key = `${of.workspace_id} ${of.kind} ${of.subject}`;
    let counted = this.#subjects.get(key);
    if (counted === undefined) {
      counted = { ...of, counts: new Map() };
      this.#subjects.set(key, counted);
    }
    const { counts } = counted;
    for (const counter of counters) counts.set(counter, (counts.get(counter) ?? 0) + 1);
  }
}
