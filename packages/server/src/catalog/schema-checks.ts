import { LRUCache } from 'lru-cache';
import type { Issue } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { DataToCheck, SchemaCheck, SchemaCheckFacts, SchemaValidation } from '../ports/schema-check.ts';
import { notCompiled, tooSlow } from './check-errors.ts';
import { CheckQueue, type CheckQueueOptions } from './check-queue.ts';
import type { Checker, createChecker } from './checker.ts';
import { simpleWeight } from './simple-schema.ts';
import { TimeBudget } from './time-budget.ts';
import { findPlainIssues } from './validate-schema.ts';

/** A longer or heavier schema is not simple: its compilation can take more than 25 ms. */
const MAX_SIMPLE_LENGTH = 16_384;
const MAX_SIMPLE_WEIGHT = 200;

/** Weight of the schema × characters of the data: the check takes at most about 25 ms, an ordinary one far less. */
const MAX_SIMPLE_WORK = 500_000;

/** Of each second of this thread, simple schemas of one workspace may use 50 ms; beyond that they use the other one. */
const BUDGET = { capacity_ms: 300, refill_ms: 50 };

/** The kept schemas, in characters of their texts. */
const MAX_KEPT = 2_000_000;

interface Known {
  /** Null for a schema that is not simple. */
  readonly weight: number | null;
  /** Compiled on first use in this thread. */
  checker: Checker | null;
}

const weightOf = (schema_text: string): number | null => {
  if (schema_text.length > MAX_SIMPLE_LENGTH) return null;
  const weight = simpleWeight(JSON.parse(schema_text) as JsonObject);
  return weight !== null && weight <= MAX_SIMPLE_WEIGHT ? weight : null;
};

/**
 * Checks data and schemas. A check that provably takes only milliseconds (a simple schema, little data) runs in this
 * thread; every other one in the schema thread, which is ended if it takes too long.
 */
export class SchemaChecks implements AsyncDisposable {
  readonly #clock: CheckQueueOptions['clock'];
  readonly #queue: CheckQueue;
  readonly #budget: TimeBudget;
  readonly #known = new LRUCache<string, Known>({
    maxSize: MAX_KEPT,
    sizeCalculation: (_, schema_text) => schema_text.length + 1,
  });

  /** Loaded, with Ajv, for the first schema: many servers have none. */
  #compile: typeof createChecker | null = null;

  constructor(options: CheckQueueOptions) {
    this.#clock = options.clock;
    this.#queue = new CheckQueue(options);
    this.#budget = new TimeBudget({ ...options, ...BUDGET });
  }

  get facts(): SchemaCheckFacts {
    return this.#queue.facts;
  }

  readonly check: SchemaCheck = async (checked) =>
    (await this.#checkHere(checked)) ?? (await this.#checkThere(checked));

  readonly validate: SchemaValidation = async (owner, schema) => {
    const issues = findPlainIssues(schema);
    if (issues.length > 0) return issues;
    const result = await this.#queue.run(owner, { schema_text: JSON.stringify(schema), data_text: null });
    const message = 'takes too long to compile. Use fewer keywords, names and patterns';
    return result?.issues ?? [{ path: '', message }];
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
  }

  /** Null if the check belongs in the other thread. */
  async #checkHere({
    workspace_id,
    schema_text,
    data,
    data_text,
  }: DataToCheck): Promise<readonly Issue[] | null> {
    const known = this.#knownOf(schema_text);
    if (known.weight === null || known.weight * data_text.length > MAX_SIMPLE_WORK) return null;
    if (this.#budget.leftOf(workspace_id) <= 0) return null;
    const compile = (this.#compile ??= (await import('./checker.ts')).createChecker);
    const started_at = this.#clock.monotonic();
    known.checker ??= compile(schema_text);
    const issues = known.checker(data);
    this.#budget.spend(workspace_id, this.#clock.monotonic() - started_at);
    return issues;
  }

  async #checkThere({ schema_text, data_text, ...owner }: DataToCheck): Promise<readonly Issue[]> {
    const result = await this.#queue.run(owner, { schema_text, data_text });
    if (result === null) throw tooSlow(owner.type);
    if (result.issues === null) throw notCompiled();
    return result.issues;
  }

  #knownOf(schema_text: string): Known {
    const known = this.#known.get(schema_text);
    if (known !== undefined) return known;
    const added: Known = { weight: weightOf(schema_text), checker: null };
    this.#known.set(schema_text, added);
    return added;
  }
}
