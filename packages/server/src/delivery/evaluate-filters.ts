import { isFilterable } from '../core/fan-out.ts';
import type { FilterVerdict } from '../core/filter/compile-filter.ts';
import type { Clock } from '../ports/clock.ts';
import type { FilteringHook, NewEvent, Store } from '../ports/store.ts';

export interface FilterEvaluationOptions {
  readonly store: Pick<Store, 'filters'>;
  readonly clock: Pick<Clock, 'soon' | 'later'>;
  /** Called once for each hook whose filter failed. */
  readonly onFailed: (event: NewEvent, hook_id: string) => void;
}

/** The cost of the evaluations in one turn of the event loop: less than a millisecond. */
const COST_PER_TURN = 300_000;

/**
 * Evaluates filters before an event is committed. However many hooks have filters, and however many events come at once,
 * other work proceeds between slices of less than two milliseconds.
 */
export class FilterEvaluation {
  readonly #options: FilterEvaluationOptions;
  #left = COST_PER_TURN;
  #is_renewing = false;

  constructor(options: FilterEvaluationOptions) {
    this.#options = options;
  }

  /**
   * The event with the results of the filters that decide about it; null if there are none. Hooks with the same filter
   * share its result.
   */
  evaluate(event: NewEvent): Promise<NewEvent> | null {
    if (!isFilterable(event)) return null;
    const { workspace_id, type, tenant } = event;
    const hooks = this.#options.store.filters(workspace_id, type, tenant);
    return hooks === null ? null : this.#run(event, hooks);
  }

  async #run(event: NewEvent, hooks: Promise<readonly FilteringHook[]>): Promise<NewEvent> {
    const verdicts = new Map<string, FilterVerdict>();
    for (const { id, filter } of await hooks) {
      let verdict = verdicts.get(filter.text);
      if (verdict === undefined) {
        if (this.#left <= 0) await this.#nextTurn();
        const evaluation = filter.evaluate(event);
        this.#charge(evaluation.cost);
        verdict = evaluation.verdict;
        verdicts.set(filter.text, verdict);
      }
      if (verdict === 'failed') this.#options.onFailed(event, id);
    }
    return { ...event, verdicts };
  }

  #charge(cost: number): void {
    this.#left -= cost;
    if (this.#is_renewing) return;
    this.#is_renewing = true;
    this.#options.clock.soon(() => {
      this.#is_renewing = false;
      this.#left = COST_PER_TURN;
    });
  }

  /** Each waiting event gets a turn of its own. */
  #nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.later(() => {
        this.#left = COST_PER_TURN;
        resolve();
      });
    });
  }
}
